import type { Tree } from '../tree/tree.js';
import { type Feature, type Model, type TreeScorer, type VerificationRow, versionOf } from './model.js';
import type { FeatureSummary, Provenance } from './provenance.js';
import { runSteps, type Steps } from './steps.js';

/**
 * A checked model as bytes, for another thread or process of this program: what it gets there is ready, without a number
 * to parse or a hash to compute. The arrays of the tree lie as they are used; what is small is JSON, in many short texts.
 */
export type PackedModel = ArrayBuffer;

/** First in the bytes, as JSON behind its length. */
interface Header {
  readonly sha256: string;
  readonly nodeCount: number;
  readonly classCount: number;
  readonly featureCount: number;
  readonly withCategories: boolean;
  readonly withSummaries: boolean;
  readonly verificationCount: number;
  /** Bytes of the texts, and of all category sets. */
  readonly textBytes: number;
  readonly categoryBytes: number;
}

type Small = Pick<TreeScorer, 'classWeight'> & { readonly provenance: Omit<Provenance, 'summaries'> };

/** Nodes per step. */
const STEP_NODES = 1024;
const HEADER_BYTES = 1024;

/** Of models that were unpacked: they are in the same memory. */
const known = new WeakMap<Model, PackedModel>();

/** @returns bytes that must not be changed: a model may lie in them */
export function packModel(model: Model): PackedModel {
  return known.get(model) ?? runSteps(packing(model));
}

/** The steps of `packModel`. */
export function* packing(model: Model): Steps<PackedModel> {
  const before = known.get(model);
  if (before) return before;
  const { classWeight, tree } = model.scorer;
  const { categories, classCount, featureCount, nodeCount } = tree;
  const { summaries, ...provenance } = model.provenance;
  const texts: Buffer[] = [];
  let textBytes = 0;
  for (const part of [
    { classWeight, provenance } satisfies Small,
    ...model.features,
    ...(summaries ?? []),
    ...model.classes,
    ...model.verification,
  ]) {
    const text = Buffer.from(JSON.stringify(part));
    texts.push(text);
    textBytes += text.length;
    yield;
  }
  const header: Header = {
    sha256: model.sha256,
    nodeCount,
    classCount,
    featureCount,
    withCategories: categories !== null,
    withSummaries: summaries !== null,
    verificationCount: model.verification.length,
    textBytes,
    categoryBytes: categories === null ? 0 : categories.reduce((sum, set) => sum + (set?.length ?? 0), 0),
  };
  const layout = new Layout(new ArrayBuffer(sizeOf(header)), header);
  layout.writeHeader();
  yield* packTree(tree, layout);
  let end = 0;
  for (const [index, text] of texts.entries()) {
    layout.texts.set(text, end);
    end += text.length;
    layout.textEnds[index] = end;
    yield;
  }
  return layout.buffer;
}

function* packTree(tree: Tree, layout: Layout): Steps<void> {
  for (const column of COLUMNS) {
    layout[column].set(tree[column] as never);
    yield;
  }
  let end = 0;
  for (let node = 0; tree.categories !== null && node < tree.nodeCount; node++) {
    for (const category of tree.categories[node] ?? []) layout.categories[end++] = category;
    layout.categoryEnds[node] = end;
    if (node % STEP_NODES === 0) yield;
  }
}

/** The steps to the model in `buffer`, which keeps the bytes: they must not be changed. */
export function* unpacking(buffer: PackedModel): Steps<Model> {
  const { header, ...layout } = Layout.of(buffer);
  const { classCount, featureCount, nodeCount, sha256 } = header;
  let text = 0;
  const next = <Part>() => {
    const start = text === 0 ? 0 : layout.textEnds[text - 1];
    const bytes = layout.texts.subarray(start, layout.textEnds[text++]);
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as Part;
  };
  function* list<Part>(count: number): Steps<Part[]> {
    const parts: Part[] = [];
    while (parts.length < count) {
      parts.push(next<Part>());
      yield;
    }
    return parts;
  }
  const { classWeight, provenance: small } = next<Small>();
  const features = yield* list<Feature>(featureCount);
  const summaries = header.withSummaries ? yield* list<FeatureSummary>(featureCount) : null;
  const classes = yield* list<string>(classCount);
  const verification = yield* list<VerificationRow>(header.verificationCount);
  const { feature, threshold, left, right, missingLeft, counts, impurity } = layout;
  const columns = { feature, threshold, left, right, missingLeft, counts, impurity };
  const categories = header.withCategories ? yield* unpackSets(layout, nodeCount) : null;
  const tree: Tree = { nodeCount, classCount, featureCount, ...columns, categories };
  const model: Model = {
    features,
    classes,
    scorer: { kind: 'tree', tree, classWeight },
    provenance: { ...small, summaries },
    verification,
    sha256,
    version: versionOf(sha256),
  };
  known.set(model, buffer);
  return model;
}

function* unpackSets(
  { categories, categoryEnds }: Pick<Layout, 'categories' | 'categoryEnds'>,
  nodeCount: number,
): Steps<(readonly number[] | null)[]> {
  const sets: (readonly number[] | null)[] = [];
  for (let node = 0, start = 0; node < nodeCount; node++) {
    const end = categoryEnds[node];
    // A set that is there has at least one category.
    sets.push(end === start ? null : Array.from(categories.subarray(start, end)));
    start = end;
    if (node % STEP_NODES === 0) yield;
  }
  return sets;
}

const COLUMNS = ['threshold', 'impurity', 'feature', 'left', 'right', 'counts', 'missingLeft'] as const;

/** Where each array lies: those of the widest elements first, so that all are aligned. */
class Layout {
  readonly buffer: ArrayBuffer;
  readonly header: Header;
  readonly threshold: Float64Array;
  readonly impurity: Float64Array;
  readonly feature: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly counts: Uint32Array;
  /** `categoryEnds[node]`: where its set ends in `categories`. */
  readonly categoryEnds: Uint32Array;
  readonly textEnds: Uint32Array;
  readonly missingLeft: Uint8Array;
  /** At most 255 of a feature. */
  readonly categories: Uint8Array;
  readonly texts: Uint8Array;
  #end = HEADER_BYTES;

  constructor(buffer: ArrayBuffer, header: Header) {
    this.buffer = buffer;
    this.header = header;
    const { categoryBytes, classCount, nodeCount, textBytes, withCategories } = header;
    this.threshold = new Float64Array(buffer, this.#take(nodeCount * 8), nodeCount);
    this.impurity = new Float64Array(buffer, this.#take(nodeCount * 8), nodeCount);
    this.feature = new Int32Array(buffer, this.#take(nodeCount * 4), nodeCount);
    this.left = new Int32Array(buffer, this.#take(nodeCount * 4), nodeCount);
    this.right = new Int32Array(buffer, this.#take(nodeCount * 4), nodeCount);
    this.counts = new Uint32Array(buffer, this.#take(nodeCount * classCount * 4), nodeCount * classCount);
    const sets = withCategories ? nodeCount : 0;
    this.categoryEnds = new Uint32Array(buffer, this.#take(sets * 4), sets);
    this.textEnds = new Uint32Array(buffer, this.#take(textCount(header) * 4), textCount(header));
    this.missingLeft = new Uint8Array(buffer, this.#take(nodeCount), nodeCount);
    this.categories = new Uint8Array(buffer, this.#take(categoryBytes), categoryBytes);
    this.texts = new Uint8Array(buffer, this.#take(textBytes), textBytes);
  }

  static of(buffer: ArrayBuffer): Layout {
    const text = Buffer.from(buffer, 0, HEADER_BYTES).toString().trimEnd();
    return new Layout(buffer, JSON.parse(text));
  }

  writeHeader(): void {
    Buffer.from(this.buffer, 0, HEADER_BYTES).fill(' ').write(JSON.stringify(this.header));
  }

  #take(bytes: number): number {
    const start = this.#end;
    this.#end += bytes;
    return start;
  }
}

/** One of the small parts, then features, summaries, classes, verification rows. */
function textCount({ classCount, featureCount, verificationCount, withSummaries }: Header): number {
  return 1 + (withSummaries ? 2 : 1) * featureCount + classCount + verificationCount;
}

function sizeOf(header: Header): number {
  const { categoryBytes, classCount, nodeCount, textBytes, withCategories } = header;
  const perNode = 8 + 8 + 4 + 4 + 4 + 1 + classCount * 4 + (withCategories ? 4 : 0);
  return HEADER_BYTES + nodeCount * perNode + textCount(header) * 4 + categoryBytes + textBytes;
}
