import { WireWriter } from '../../../protobuf/wire.js';
import { CATEGORIES_PROPERTY } from '../../../protocol/extensions.js';
import type { TensorMetadata } from '../../../protocol/messages.js';
import { type InferLimits, replyTooLarge } from '../../calls/reply-limit.js';
import { Turns } from '../../calls/turns.js';
import type { ServedModel } from '../../models/served-model.js';
import { describeInputs, describeOutputs } from './metadata.js';
import { platformOf } from './platform.js';

/** Steps to write an input. */
const INPUT_STEPS = 400;
/** UTF-16 units of all categories that are described: clients take messages of 4 MiB by default. */
const MOST_CATEGORIES_LENGTH = 1 << 19;

/** @param perFeature describes one input per feature instead of one for all */
export type Describe = (
  served: ServedModel,
  versions: readonly string[],
  perFeature: boolean,
  limits: InferLimits,
) => Promise<Buffer<ArrayBuffer>>;

/** The descriptions of one version, by whether they are per feature. */
interface Made {
  /** Those that it has beside it. */
  readonly versions: readonly string[];
  readonly forms: Map<boolean, Promise<Buffer<ArrayBuffer>>>;
}

/**
 * What ModelMetadata or ModelConfig answers in one form of the protocol. A model with fifty thousand features takes a while
 * to describe: that is done once, in turns.
 */
export class ModelDescriptions {
  readonly #describe: Describe;
  readonly #limits: InferLimits;
  readonly #made = new WeakMap<ServedModel, Made>();

  constructor(describe: Describe, limits: InferLimits) {
    this.#describe = describe;
    this.#limits = limits;
  }

  /**
   * @param versions of the model that can be asked; the same array while they are the same
   * @param perFeature describes one input per feature instead of one for all
   * @throws Refusal where it is larger than a reply may be
   */
  of(served: ServedModel, versions: readonly string[], perFeature: boolean): Promise<Buffer<ArrayBuffer>> {
    let made = this.#made.get(served);
    if (made?.versions !== versions) {
      made = { versions, forms: new Map() };
      this.#made.set(served, made);
    }
    const found = made.forms.get(perFeature) ?? this.#describe(served, versions, perFeature, this.#limits);
    made.forms.set(perFeature, found);
    return found;
  }
}

/**
 * ModelMetadataResponse: name = 1, versions = 2, platform = 3, inputs = 4, outputs = 5 {name = 1, datatype = 2, shape = 3},
 * properties = 6 {key = 1, value = 2}.
 */
export const describeInMessage: Describe = async (served, versions, perFeature, limits) => {
  const writer = new WireWriter(1024);
  if (served.name !== '') writer.string(1, served.name);
  for (const version of versions) writer.string(2, version);
  writer.string(3, platformOf(served.model));
  await eachInput(served, perFeature, (input) => {
    if (writer.message(4, tensorMessage(input)).byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
  });
  for (const output of describeOutputs(served)) writer.message(5, tensorMessage(output));
  const categories = perFeature ? await describeCategories(served) : undefined;
  if (categories !== undefined && writer.byteLength + categories.length <= limits.maxMessageBytes / 2) {
    writer.message(6, new WireWriter().string(1, CATEGORIES_PROPERTY).string(2, categories));
  }
  return Buffer.from(writer.finish());
};

export const describeInJson: Describe = async (served, versions, perFeature, limits) => {
  const head = JSON.stringify({ name: served.name, versions, platform: platformOf(served.model) });
  const inputs: Buffer[] = [];
  let byteLength = 0;
  await eachInput(served, perFeature, (input) => {
    const text = Buffer.from((inputs.length > 0 ? ',' : '') + JSON.stringify(input));
    byteLength += text.byteLength;
    if (byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
    inputs.push(text);
  });
  const outputs = JSON.stringify(describeOutputs(served));
  return Buffer.concat([
    Buffer.from(`${head.slice(0, -1)},"inputs":[`),
    ...inputs,
    Buffer.from(`],"outputs":${outputs}}`),
  ]);
};

/** @returns the property's text; undefined where no feature is a category, or they are too many */
async function describeCategories({ model: { features } }: ServedModel): Promise<string | undefined> {
  if (features.every(({ kind }) => kind === 'number')) return undefined;
  const turns = new Turns();
  const entries: string[] = [];
  let length = 0;
  for (const feature of features) {
    if (turns.spend(INPUT_STEPS)) await turns.pause();
    const entry = JSON.stringify(feature.kind === 'number' || feature.other !== undefined ? null : feature.categories);
    length += entry.length;
    if (length > MOST_CATEGORIES_LENGTH) return undefined;
    entries.push(entry);
  }
  return `[${entries.join()}]`;
}

export async function eachInput(
  served: ServedModel,
  perFeature: boolean,
  write: (input: TensorMetadata) => void,
): Promise<void> {
  const inputs = describeInputs(served, perFeature);
  // All callers wait for one description: it goes on when one of them cancels.
  const turns = new Turns();
  for (let index = 0; index < inputs.count; index++) {
    if (turns.spend(INPUT_STEPS)) await turns.pause();
    write(inputs.at(index));
  }
}

function tensorMessage({ datatype, name, shape }: TensorMetadata): WireWriter {
  const writer = new WireWriter();
  if (name !== '') writer.string(1, name);
  return writer.string(2, datatype).packedIntegers(3, shape);
}
