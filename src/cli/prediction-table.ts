import type { Prediction } from '../client/prediction.js';
import type { RowSink, SinkColumn } from '../data/row-sink.js';
import type { TableSource } from '../data/table-source.js';
import { isRefused, type PredictedBatch } from './predict-batches.js';
import { type Columns, columnNames, resultCells } from './prediction-output.js';

/**
 * Writes predictions into a new table, with the rows that they are of: all of them, or none. A row that was refused has
 * nothing in the columns of the prediction.
 */
export class PredictionTable {
  readonly #source: TableSource;
  readonly name: string;
  readonly #wanted: Columns;
  #sink: RowSink | undefined;
  #resultCount = 0;
  /** Before the first prediction, which names the classes. */
  #waiting: PredictedBatch[] = [];

  constructor(source: TableSource, name: string, wanted: Columns) {
    this.#source = source;
    this.name = name;
    this.#wanted = wanted;
  }

  async batch(predicted: PredictedBatch): Promise<void> {
    this.#waiting.push(predicted);
    const { batch, outcomes } = predicted;
    const first = outcomes.find((outcome): outcome is Prediction => !isRefused(outcome));
    if (this.#sink === undefined && first === undefined) return;
    this.#sink ??= await this.#open(batch.table!.columns, first!);
    await this.#write();
  }

  /** The table is there from now on. */
  async end(): Promise<void> {
    this.#sink ??= await this.#open(this.#waiting[0]?.batch.table?.columns ?? [], { probabilities: [] });
    await this.#write();
    await this.#sink.commit();
  }

  /** What is not ended is gone. */
  async close(): Promise<void> {
    await this.#sink?.close();
  }

  #open(columns: readonly string[], first: Pick<Prediction, 'probabilities'>): Promise<RowSink> {
    const names = columnNames(columns, first, this.#wanted).slice(columns.length);
    this.#resultCount = names.length;
    const isText = (at: number) => at === 0 || (this.#wanted.path && at === names.length - 1);
    const added = names.map((name, at): SinkColumn => ({ name, kind: isText(at) ? 'text' : 'number' }));
    return this.#source.sink!(this.name, added);
  }

  async #write(): Promise<void> {
    for (const { batch, outcomes } of this.#waiting.splice(0)) {
      const { written } = batch.table!;
      await this.#sink!.append(
        outcomes.map((outcome, row) => [
          ...written[row]!.cells.map((cell) => (cell === '' ? null : cell)),
          ...(isRefused(outcome)
            ? new Array<null>(this.#resultCount).fill(null)
            : resultCells(outcome, this.#wanted, 'csv')),
        ]),
      );
    }
  }
}
