import { MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import { refuseUnsupported, refuseValue } from '../foreign-value.js';
import { ELEMENT, type OnnxFile, type OnnxNode } from './messages.js';

const ENSEMBLES = ['TreeEnsembleClassifier', 'TreeEnsembleRegressor', 'TreeEnsemble'];

/** The one ensemble of a graph, and what its rows are before it sees them. */
export interface EnsembleGraph {
  readonly ensemble: OnnxNode;
  /** How many values a row has; null where it may be any number. */
  readonly featureCount: number | null;
  /** What values are when they come to the ensemble. */
  readonly precision: 'float32' | 'float64';
  /** What they were rounded to before, at the most. */
  readonly input: 'float32' | 'float64';
  /** Whether a row may lack a value: whole numbers always are one. */
  readonly takesMissing: boolean;
  /** Names of classes that follow after it; null where there are none. */
  readonly classNames: readonly string[] | null;
}

/** What a value of the graph is. */
type Role = 'rows' | 'label' | 'scores';

/**
 * Finds the ensemble. Beside it there may be what changes no answer: Identity, Cast, ZipMap, Mul by 1.
 *
 * @throws ArtifactError for any other operator
 */
export function findEnsemble(file: OnnxFile): EnsembleGraph {
  const found = file.nodes.filter(({ op }) => ENSEMBLES.includes(op));
  if (found.length !== 1) {
    const ops = [...new Set(file.nodes.map(({ op }) => op))].slice(0, 8).join(', ') || 'none';
    return found.length > 1
      ? refuseUnsupported(`${found.length} ensembles of trees in one graph are not read: one is`)
      : refuseUnsupported(`a graph without an ensemble of trees is not read; its operators: ${ops}`);
  }
  return new Walk(file).walk();
}

class Walk {
  readonly #file: OnnxFile;
  readonly #roles = new Map<string, Role>();
  #precision: 'float32' | 'float64' = 'float64';
  #input: 'float32' | 'float64' = 'float64';
  #scores: 'float32' | 'float64' = 'float32';
  #featureCount: number | null = null;
  #takesMissing = true;
  #classNames: readonly string[] | null = null;
  #ensemble: OnnxNode | null = null;

  constructor(file: OnnxFile) {
    this.#file = file;
  }

  walk(): EnsembleGraph {
    const { nodes, outputs } = this.#file;
    this.#readInput();
    for (const node of nodes) this.#pass(node);
    for (const output of outputs) {
      const role = this.#roles.get(output);
      if (role !== 'label' && role !== 'scores')
        refuseValue(`the output ${quote(output)}`, 'an answer of the ensemble', role);
    }
    return {
      ensemble: this.#ensemble!,
      featureCount: this.#featureCount,
      precision: this.#precision,
      input: this.#input,
      takesMissing: this.#takesMissing,
      classNames: this.#classNames,
    };
  }

  #readInput(): void {
    // Older files list their tensors among the inputs.
    const inputs = this.#file.inputs.filter(({ name }) => !this.#file.tensors.has(name));
    if (inputs.length !== 1) {
      refuseUnsupported(`a graph with ${inputs.length} inputs is not read: one tensor of rows is`);
    }
    const [{ name, shape, type }] = inputs;
    if (shape.length !== 2) refuseValue(`the input ${quote(name)}`, 'rows of values: a shape of 2', shape);
    const width = shape[1];
    if (width !== null && width > MAX_COLUMNS) {
      refuseValue(`the input ${quote(name)}`, `at most ${MAX_COLUMNS} features`, width);
    }
    // A size of 0 or below is none.
    this.#featureCount = width === null || width < 1 ? null : width;
    this.#takesMissing = type === ELEMENT.float || type === ELEMENT.double;
    this.#become(type, `the input ${quote(name)}`);
    this.#roles.set(name, 'rows');
  }

  /** Whole numbers are compared as 32-bit numbers. */
  #become(type: number, path: string): void {
    if (![ELEMENT.float, ELEMENT.double, ELEMENT.int32, ELEMENT.int64].includes(type as 1)) {
      refuseUnsupported(`${path}: elements of type ${type} are not read: float, double, int32 and int64 are`);
    }
    this.#precision = type === ELEMENT.double ? 'float64' : 'float32';
    if (this.#precision === 'float32') this.#input = 'float32';
  }

  #pass(node: OnnxNode): void {
    const { domain, inputs, op, outputs } = node;
    const role = this.#roles.get(inputs[0]);
    if (ENSEMBLES.includes(op) && domain === 'ai.onnx.ml') this.#enter(node, role);
    else if (role === undefined) refuseOperator(op);
    else if (op === 'Identity') this.#roles.set(outputs[0], role);
    else if (op === 'Cast') this.#cast(node, role);
    else if (op === 'ZipMap' && role === 'scores') this.#zip(node);
    else if (op === 'Mul' && role === 'scores' && this.#isOne(inputs[1])) this.#roles.set(outputs[0], role);
    else refuseOperator(op);
  }

  #enter(node: OnnxNode, role: Role | undefined): void {
    if (role !== 'rows') refuseValue(`the input of ${node.op}`, 'the rows', node.inputs[0]);
    this.#ensemble = node;
    if (node.op === 'TreeEnsemble') this.#scores = this.#precision;
    const roles: Role[] = node.op === 'TreeEnsembleClassifier' ? ['label', 'scores'] : ['scores'];
    for (const [index, output] of node.outputs.entries()) this.#roles.set(output, roles[index]);
  }

  #cast({ attributes, outputs }: OnnxNode, role: Role): void {
    const to = attributes.get('to')?.integer ?? 0;
    const path = `Cast to type ${to}`;
    if (role === 'rows') {
      if (to !== ELEMENT.float && to !== ELEMENT.double)
        refuseUnsupported(`${path} of the rows is not read: it cuts off what they have`);
      this.#become(to, path);
    } else if (role === 'scores') {
      const keeps = to === ELEMENT.double || (to === ELEMENT.float && this.#scores === 'float32');
      if (!keeps) refuseUnsupported(`${path} of the answers is not read: it rounds them`);
    } else if (to !== ELEMENT.int64 && to !== ELEMENT.int32 && to !== ELEMENT.string) {
      refuseUnsupported(`${path} of the labels is not read: it changes them`);
    }
    this.#roles.set(outputs[0], role);
  }

  #zip({ attributes, outputs }: OnnxNode): void {
    const texts = attributes.get('classlabels_strings')?.texts ?? [];
    const names = texts.length > 0 ? texts : (attributes.get('classlabels_int64s')?.integers ?? []).map(String);
    this.#classNames = names;
    this.#roles.set(outputs[0], 'scores');
  }

  #isOne(name: string): boolean {
    const values = this.#file.tensors.get(name)?.values ?? [];
    return values.length > 0 && Array.from<unknown>(values).every((value) => value === 1);
  }
}

function refuseOperator(op: string): never {
  return refuseUnsupported(
    `the operator ${quote(op)} is not read: an ensemble of trees, with Identity, Cast, ZipMap and Mul by 1, is`,
  );
}
