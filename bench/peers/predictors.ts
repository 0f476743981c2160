import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ClassifierNode, DecisionTreeClassifier } from 'ml-cart';
import { Matrix } from 'ml-matrix';
import type { Tree } from '../../src/tree/tree.js';
import { onnxModel } from './onnx-tree.js';

/** What every side is given: one tree, and rows that are exact in 32 bits, so that all sides see the same values. */
export interface Job {
  readonly tree: Tree;
  /** Predicted class of every node. */
  readonly classes: Int32Array;
  readonly rows: Float64Array;
  /** For files that a peer needs. */
  readonly folder: string;
}

export interface Predictor {
  readonly name: string;
  readonly labels: ArrayLike<number>;
  /** Predicts all rows once, gives the ms it took. */
  readonly run: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** `type`: of the rows that it is handed; 32 bits are what it computes with, 64 what a table is read into. */
export async function scikitLearn({ folder, rows, tree }: Job, type: 'float32' | 'float64'): Promise<Predictor> {
  const script = fileURLToPath(new URL('predict.py', import.meta.url));
  const child = spawn(process.env['PYTHON'] ?? 'python3', [script], {
    env: { ...process.env, OMP_NUM_THREADS: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<{ version?: string; ms?: number }> => {
    const { done, value } = await answers.next();
    if (done) throw new Error('scikit-learn is not installed, or ended early');
    return JSON.parse(value);
  };
  const { version } = await next();
  const files = { rows: join(folder, 'rows'), labels: join(folder, 'labels') };
  writeFileSync(files.rows, Float32Array.from(rows));
  const { classCount, featureCount, nodeCount } = tree;
  const arrays = {
    feature: tree.feature,
    threshold: tree.threshold,
    left: tree.left,
    right: tree.right,
    counts: tree.counts,
  };
  const plain = Object.fromEntries(Object.entries(arrays).map(([key, values]) => [key, [...values]]));
  const sent = { ...plain, classCount, featureCount, depth: nodeCount };
  child.stdin.write(`${JSON.stringify({ tree: sent, ...files, type })}\n`);
  await next();
  return {
    name: `scikit-learn ${version}, ${type}`,
    labels: new Int32Array(new Uint8Array(readFileSync(files.labels)).buffer),
    async run() {
      child.stdin.write('run\n');
      return (await next()).ms!;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

export async function mlCart({ classes, rows, tree }: Job): Promise<Predictor> {
  const toNode = (node: number): ClassifierNode & { distribution?: number[][] } =>
    tree.feature[node] < 0
      ? { distribution: [Array.from({ length: tree.classCount }, (_, k) => (k === classes[node] ? 1 : 0))] }
      : {
          splitColumn: tree.feature[node],
          splitValue: smallestAbove(tree.threshold[node]),
          left: toNode(tree.left[node]),
          right: toNode(tree.right[node]),
        };
  const classifier = DecisionTreeClassifier.load({
    name: 'DTClassifier',
    options: { kind: 'classifier' },
    root: toNode(0),
  });
  const matrix = Matrix.from1DArray(rows.length / tree.featureCount, tree.featureCount, rows);
  return {
    name: 'ml-cart 2.1.1',
    labels: classifier.predict(matrix),
    async run() {
      const start = performance.now();
      classifier.predict(matrix);
      return performance.now() - start;
    },
    async close() {},
  };
}

/** The package goes left below the split value, the tree at the threshold too. */
function smallestAbove(threshold: number): number {
  if (threshold === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(Float64Array.of(threshold).buffer);
  bits[0] += threshold > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0];
}

/** What is used of onnxruntime-node, which is no dependency. */
interface OnnxRuntime {
  env: { versions: { node: string } };
  Tensor: new (type: 'float32', data: Float32Array, shape: number[]) => { data: BigInt64Array };
  InferenceSession: { create(model: Uint8Array, options: object): Promise<OnnxSession> };
}

interface OnnxSession {
  run(feeds: object, wanted: string[]): Promise<{ label: { data: BigInt64Array } }>;
  release(): Promise<void>;
}

export async function onnxRuntime({ classes, rows, tree }: Job): Promise<Predictor> {
  const { env, InferenceSession, Tensor }: OnnxRuntime = createRequire(import.meta.url)('onnxruntime-node');
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await InferenceSession.create(onnxModel(tree, classes), options);
  const tensor = new Tensor('float32', Float32Array.from(rows), [rows.length / tree.featureCount, tree.featureCount]);
  const predict = async (): Promise<BigInt64Array> => (await session.run({ rows: tensor }, ['label'])).label.data;
  return {
    name: `onnxruntime-node ${env.versions.node}`,
    labels: Int32Array.from(await predict(), Number),
    async run() {
      const start = performance.now();
      await predict();
      return performance.now() - start;
    },
    close: () => session.release(),
  };
}
