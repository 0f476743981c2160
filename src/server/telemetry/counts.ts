import { singleTree } from '../../model/single-tree.js';
import type { CallObserver } from '../calls/observer.js';
import type { Instrument, ServedModel } from '../models/served-model.js';
import type { ShadowCounts } from '../models/shadow-comparison.js';
import { CallCounts, type MethodCounts, noCalls } from './call-counts.js';
import { droppedLogLines } from './log.js';
import { PredictionCounts } from './prediction-counts.js';
import type { RecordCounts, Recorder } from './recorder.js';

/** What a process has counted since it began: plain data that can be sent to another process. */
export interface Counts {
  readonly methods: readonly MethodCounts[];
  /** Rows predicted, by class. */
  readonly rows: ReadonlyMap<string, number>;
  /** Rows predicted, by name and version: see `modelOfKey`. */
  readonly models?: ReadonlyMap<string, number> | undefined;
  /** Values that training never saw, by feature. */
  readonly outOfRange: ReadonlyMap<string, number>;
  /** Lines of the log that could not be written. */
  readonly droppedLogLines: number;
  /** How second versions answered. */
  readonly shadows?: readonly ShadowCounts[] | undefined;
  /** Of a server that records. */
  readonly recorded?: RecordCounts | undefined;
}

/** How many of the last rows of one model reached each node. */
export interface LeafRows {
  /** Of the model. */
  readonly name: string;
  readonly version: string;
  /** Rows per node. */
  readonly rows: Float64Array;
  /** Rows per cell since the model is served: see `DriftCells`. */
  readonly cells: Float64Array;
}

/** The options of a server that counters add to. */
interface Observable {
  readonly observers?: readonly CallObserver[] | undefined;
  readonly instrument?: Instrument | undefined;
}

/** All that one process counts. */
export class ServerCounts {
  readonly calls = new CallCounts();
  readonly predictions = new PredictionCounts();
  readonly #recorder: Recorder | undefined;

  constructor(recorder?: Recorder) {
    this.#recorder = recorder;
  }

  /** Adds these counters, and the recorder, to the options of a server. */
  observe<Options extends object>(options: Options & Observable): Options {
    const observers = [...(options.observers ?? []), this.calls];
    const counted = { ...options, observers, instrument: this.predictions.instrument };
    return this.#recorder ? this.#recorder.observe(counted) : counted;
  }

  read(): Counts {
    const { models, outOfRange, rows } = this.predictions;
    const recorded = this.#recorder?.counts;
    return { methods: this.calls.methods, rows, models, outOfRange, droppedLogLines: droppedLogLines(), recorded };
  }

  leaves({ model, name }: ServedModel): LeafRows {
    const { predictions } = this;
    return {
      name,
      version: model.version,
      rows: predictions.leaves(model),
      cells: predictions.cells(model),
    };
  }
}

/** The counts of several processes as one. */
export function addCounts(parts: readonly Counts[]): Counts {
  const methods = new Map<string, MethodCounts>();
  const rows = new Map<string, number>();
  const models = new Map<string, number>();
  const outOfRange = new Map<string, number>();
  let droppedLogLines = 0;
  let recorded: RecordCounts | undefined;
  for (const part of parts) {
    for (const method of part.methods) {
      const { path, type } = method;
      const sum = methods.get(path) ?? noCalls(path, type);
      methods.set(path, sum);
      addCalls(sum, method);
    }
    addByName(rows, part.rows);
    addByName(models, part.models ?? []);
    addByName(outOfRange, part.outOfRange);
    droppedLogLines += part.droppedLogLines;
    if (part.recorded) recorded = addRecorded(part.recorded, recorded);
  }
  const shadows = addShadows(parts.flatMap((part) => part.shadows ?? []));
  return {
    methods: [...methods.values()],
    rows,
    models,
    outOfRange,
    droppedLogLines,
    recorded,
    ...(shadows.length > 0 && { shadows }),
  };
}

/** The last rows that several processes predicted with one version of the model. */
export function addLeaves(parts: readonly LeafRows[], { model, name }: ServedModel): LeafRows {
  const rows = new Float64Array(singleTree(model)?.tree.nodeCount ?? 0);
  const same = parts.filter((part) => part.name === name && part.version === model.version);
  const cells = new Float64Array(same[0]?.cells.length ?? 0);
  for (const part of same) {
    addElements(rows, part.rows);
    addElements(cells, part.cells);
  }
  return { name, version: model.version, rows, cells };
}

/** The same of pairs of versions. */
function addShadows(parts: readonly ShadowCounts[]): ShadowCounts[] {
  const sums = new Map<string, ShadowCounts>();
  for (const { classes, dropped, model, refused, shadow, version } of parts) {
    const key = `${model} ${version} ${shadow}`;
    const sum = sums.get(key) ?? { model, version, shadow, classes: new Map(), dropped: 0, refused: 0 };
    sums.set(key, sum);
    sum.dropped += dropped;
    sum.refused += refused;
    for (const [label, { agreed, largestDifference, rows }] of classes) {
      const before = sum.classes.get(label) ?? { rows: 0, agreed: 0, largestDifference: 0 };
      sum.classes.set(label, {
        rows: before.rows + rows,
        agreed: before.agreed + agreed,
        largestDifference: Math.max(before.largestDifference, largestDifference),
      });
    }
  }
  return [...sums.values()];
}

function addRecorded(part: RecordCounts, sum: RecordCounts = { written: 0, dropped: 0 }): RecordCounts {
  return { written: sum.written + part.written, dropped: sum.dropped + part.dropped };
}

function addCalls(sum: MethodCounts, { handled, latencies, seconds, started }: MethodCounts): void {
  sum.started += started;
  sum.seconds += seconds;
  addElements(sum.handled, handled);
  addElements(sum.latencies, latencies);
}

function addElements(sum: Float64Array, added: Float64Array): void {
  for (let index = 0; index < sum.length; index++) sum[index] += added[index];
}

function addByName(sum: Map<string, number>, added: Iterable<readonly [string, number]>): void {
  for (const [name, count] of added) sum.set(name, (sum.get(name) ?? 0) + count);
}
