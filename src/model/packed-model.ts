import { type Feature, type Model, type VerificationRow, versionOf } from './model.js';
import { type Column, packScorer, type SmallScorer, unpackScorer } from './packed-scorer.js';
import type { FeatureSummary, Provenance } from './provenance.js';
import { runSteps, type Steps } from './steps.js';

/**
 * A checked model as bytes, for another thread or process of this program: what it gets there is ready, without a number
 * to parse or a hash to compute. The arrays of the trees lie as they are used; what is small is JSON, in many short texts.
 */
export type PackedModel = ArrayBuffer;

/** First in the bytes, as JSON behind its length. */
interface Header {
  readonly sha256: string;
  readonly classCount: number;
  readonly featureCount: number;
  readonly withSummaries: boolean;
  readonly verificationCount: number;
  readonly textBytes: number;
  /** Name, type and length of each array, in their order. */
  readonly columns: readonly (readonly [string, ColumnType, number])[];
}

interface Small {
  readonly scorer: SmallScorer;
  readonly provenance: Omit<Provenance, 'summaries'>;
}

const COLUMN_TYPES = { Float64Array, Int32Array, Uint32Array, Uint8Array };
type ColumnType = keyof typeof COLUMN_TYPES;

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
  const scorer = yield* packScorer(model.scorer);
  const { summaries, ...provenance } = model.provenance;
  const texts: Buffer[] = [];
  let textBytes = 0;
  for (const part of [
    { scorer: scorer.small, provenance } satisfies Small,
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
  // Those of the widest elements first, so that all are aligned.
  const columns = Object.entries(scorer.columns).sort(([, a], [, b]) => b.BYTES_PER_ELEMENT - a.BYTES_PER_ELEMENT);
  const layout = Layout.for({
    sha256: model.sha256,
    classCount: model.classes.length,
    featureCount: model.features.length,
    withSummaries: summaries !== null,
    verificationCount: model.verification.length,
    textBytes,
    columns: columns.map(([name, column]) => [name, column.constructor.name as ColumnType, column.length]),
  });
  for (const [name, column] of columns) {
    layout.columns[name].set(column);
    yield;
  }
  let end = 0;
  for (const [index, text] of texts.entries()) {
    layout.texts.set(text, end);
    end += text.length;
    layout.textEnds[index] = end;
    yield;
  }
  return layout.buffer;
}

/** The steps to the model in `buffer`, which keeps the bytes: they must not be changed. */
export function* unpacking(buffer: PackedModel): Steps<Model> {
  const { columns, header, textEnds, texts } = Layout.of(buffer);
  const { classCount, featureCount, sha256 } = header;
  let text = 0;
  const next = <Part>() => {
    const start = text === 0 ? 0 : textEnds[text - 1];
    const bytes = texts.subarray(start, textEnds[text++]);
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
  const small = next<Small>();
  const features = yield* list<Feature>(featureCount);
  const summaries = header.withSummaries ? yield* list<FeatureSummary>(featureCount) : null;
  const classes = yield* list<string>(classCount);
  const verification = yield* list<VerificationRow>(header.verificationCount);
  const model: Model = {
    features,
    classes,
    scorer: yield* unpackScorer({ small: small.scorer, columns }),
    provenance: { ...small.provenance, summaries },
    verification,
    sha256,
    version: versionOf(sha256),
  };
  known.set(model, buffer);
  return model;
}

/** Where each array lies. */
class Layout {
  readonly buffer: ArrayBuffer;
  readonly header: Header;
  readonly columns: Readonly<Record<string, Column>>;
  readonly textEnds: Uint32Array;
  readonly texts: Uint8Array;

  private constructor(buffer: ArrayBuffer, header: Header) {
    this.buffer = buffer;
    this.header = header;
    let end = HEADER_BYTES;
    const take = (bytes: number) => {
      end += bytes;
      return end - bytes;
    };
    // Before what may end at any byte.
    this.textEnds = new Uint32Array(buffer, take(alignedTextEnds(header)), textCount(header));
    const columns: Record<string, Column> = {};
    for (const [name, type, length] of header.columns) {
      const Type = COLUMN_TYPES[type];
      columns[name] = new Type(buffer, take(length * Type.BYTES_PER_ELEMENT), length);
    }
    this.columns = columns;
    this.texts = new Uint8Array(buffer, take(header.textBytes), header.textBytes);
  }

  /** A new buffer with its header. */
  static for(header: Header): Layout {
    const buffer = new ArrayBuffer(sizeOf(header));
    Buffer.from(buffer, 0, HEADER_BYTES).fill(' ').write(JSON.stringify(header));
    return new Layout(buffer, header);
  }

  static of(buffer: ArrayBuffer): Layout {
    const text = Buffer.from(buffer, 0, HEADER_BYTES).toString().trimEnd();
    return new Layout(buffer, JSON.parse(text));
  }
}

/** One of the small parts, then features, summaries, classes, verification rows. */
function textCount({ classCount, featureCount, verificationCount, withSummaries }: Header): number {
  return 1 + (withSummaries ? 2 : 1) * featureCount + classCount + verificationCount;
}

/** Bytes of the ends of the texts, to a multiple of eight. */
function alignedTextEnds(header: Header): number {
  return Math.ceil(textCount(header) / 2) * 8;
}

function sizeOf(header: Header): number {
  const columns = header.columns.reduce(
    (sum, [, type, length]) => sum + COLUMN_TYPES[type].BYTES_PER_ELEMENT * length,
    0,
  );
  return HEADER_BYTES + alignedTextEnds(header) + columns + header.textBytes;
}
