import { RequestError, UnavailableError } from '../ground/errors.js';
import { MAX_COLUMNS } from '../ground/limits.js';
import { nameInWords } from '../ground/quote.js';
import { CATEGORIES_PROPERTY } from '../protocol/extensions.js';
import type { ModelMetadataResponse, TensorMetadata } from '../protocol/messages.js';
import { PLATFORM_PREFIX } from '../protocol/services.js';
import type { InputFeature } from './prediction.js';
import { isKnownDatatype } from './tensor.js';

/** For servers that list no inputs, as KServe and MLServer do for models without metadata: one matrix of any width. */
const ANY_MATRIX: TensorMetadata = { name: 'input-0', datatype: 'FP64', shape: [-1, -1] };

/** The inputs and outputs of a served model. */
export interface ModelInterface {
  readonly own: boolean;
  /** The rows in one tensor of rank 2, or one tensor per feature. */
  readonly layout: 'matrix' | 'columns';
  /** matrix: one tensor; columns: one per feature, in order. */
  readonly inputs: readonly TensorMetadata[];
  /** null where the server leaves the number open. */
  readonly features: readonly InputFeature[] | null;
  /** Whether `features` have meaningful names. */
  readonly named: boolean;
  /** Names of the outputs, where the server lists them. */
  readonly outputs: readonly string[];
  readonly versions: readonly string[];
}

/**
 * Reads a model's metadata.
 *
 * @param server for messages, as in `localhost:50052`
 * @throws RequestError for a model whose inputs are not rows of numbers and texts
 * @throws UnavailableError for inputs that no model has: without a column, or two of one name
 */
export function modelInterface(metadata: ModelMetadataResponse, server: string): ModelInterface {
  const own = metadata.platform.startsWith(PLATFORM_PREFIX);
  const outputs = metadata.outputs.map(({ name }) => name);
  const inputs = metadata.inputs.length > 0 ? metadata.inputs : [ANY_MATRIX];
  const common = { own, outputs, versions: metadata.versions, inputs };
  for (const input of inputs) {
    if (!isKnownDatatype(input.datatype))
      refuse(metadata, input.name, `datatype ${nameInWords(input.datatype)} is not supported`);
  }
  const [first] = inputs;
  const width = Math.max(inputs.length, first!.shape[1] ?? 0);
  if (width > MAX_COLUMNS) refuse(metadata, first!.name, `expected at most ${MAX_COLUMNS} features, found ${width}`);
  requirePossible(metadata, server);
  if (inputs.length === 1 && isMatrix(first!)) {
    return { ...common, layout: 'matrix', features: columnsOf(first!), named: false };
  }
  for (const input of inputs) {
    if (!isColumn(input))
      refuse(metadata, input.name, `expected shape [-1] or [-1, 1], found [${input.shape.slice(0, 8).join(', ')}]`);
  }
  const categories = own ? categoriesOf(metadata) : [];
  const features = inputs.map((input, i) => ({
    ...featureOf(input),
    ...(categories[i] && { categories: categories[i] }),
  }));
  return { ...common, layout: 'columns', features, named: true };
}

function requirePossible({ inputs, name }: ModelMetadataResponse, server: string): void {
  const names = new Set<string>();
  for (const input of inputs) {
    const place = `${server}: model ${nameInWords(name)}: ${nameInWords(input.name)}`;
    if (input.shape.includes(0)) {
      throw new UnavailableError(`${place}: expected a shape without 0, found [${input.shape.slice(0, 8).join(', ')}]`);
    }
    if (names.has(input.name)) throw new UnavailableError(`${place}: expected inputs of different names, found two`);
    names.add(input.name);
  }
}

function refuse({ name }: ModelMetadataResponse, field: string, description: string): never {
  throw new RequestError([{ field: `model ${nameInWords(name)}: ${nameInWords(field)}`, description }]);
}

/** [-1, 4], also [-1, -1]; [-1, 1] is a column. */
function isMatrix({ shape }: TensorMetadata): boolean {
  return shape.length === 2 && shape[1] !== 1;
}

function isColumn({ shape }: TensorMetadata): boolean {
  return shape.length === 1 ? shape[0] === -1 : shape.length === 2 && shape[1] === 1;
}

function columnsOf({ datatype, shape, name }: TensorMetadata): InputFeature[] | null {
  const width = shape[1]!;
  if (width < 0) return null;
  const kind = datatype === 'BYTES' ? 'category' : 'number';
  return Array.from({ length: width }, (_, i) => ({ name: `${name}[${i}]`, kind }));
}

/** Per input the categories that our server tells; empty where it tells none. */
function categoriesOf({ properties }: ModelMetadataResponse): readonly (readonly string[] | null)[] {
  const text = properties?.[CATEGORIES_PROPERTY];
  if (text === undefined) return [];
  const told: unknown = parsed(text);
  return Array.isArray(told) && told.every(isCategories) ? told : [];
}

function isCategories(entry: unknown): entry is readonly string[] | null {
  return entry === null || (Array.isArray(entry) && entry.every((category) => typeof category === 'string'));
}

/** Undefined where it is no JSON: what a server tells beyond the protocol is not needed. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function featureOf({ datatype, name }: TensorMetadata): InputFeature {
  return { name, kind: datatype === 'BYTES' ? 'category' : 'number' };
}
