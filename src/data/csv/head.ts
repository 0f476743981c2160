import { DataError } from '../../ground/errors.js';
import type { Block } from './blocks.js';
import { type CsvRecord, firstRecords } from './records.js';

/** Records that the layout of a table is judged by: its first, and as many of these as end within the bytes. */
const SAMPLE_RECORDS = 51;
const SAMPLE_BYTES = 1 << 21;

/** The first records of a table, read with one delimiter; and what is wrong with the first one where there is none. */
export interface Sample {
  readonly records: readonly CsvRecord[];
  readonly error?: DataError | undefined;
}

/** The beginning of a table: whole records. */
export class Head {
  /** The table's first record is in the first of them. */
  readonly blocks: readonly Block[];
  readonly #source: string;
  readonly #whole: Block;
  readonly #samples = new Map<string, Sample>();

  constructor(blocks: readonly Block[], source: string) {
    this.blocks = blocks;
    this.#source = source;
    this.#whole = joined(blocks);
  }

  get bytes(): Buffer {
    return this.#whole.bytes;
  }

  /** The same ones however the text was cut into blocks. */
  sample(delimiter: string): Sample {
    const known = this.#samples.get(delimiter) ?? this.#read(delimiter);
    this.#samples.set(delimiter, known);
    return known;
  }

  #read(delimiter: string): Sample {
    const { records, error } = firstRecords(this.#whole, delimiter, this.#source, SAMPLE_RECORDS);
    const within = records.filter(({ end }, i) => i === 0 || end <= SAMPLE_BYTES);
    return records.length === 0 ? { records, error } : { records: within };
  }

  get isSample(): boolean {
    return this.#whole.bytes.length >= SAMPLE_BYTES || this.sample(',').records.length === SAMPLE_RECORDS;
  }
}

/**
 * Reads the beginning of a table; blocks of empty lines before it are left out.
 * @throws DataError for an empty table
 */
export async function readHead(blocks: AsyncGenerator<Block, void>, source: string): Promise<Head> {
  let head: Head | undefined;
  for (let next = await blocks.next(); !next.done; next = await blocks.next()) {
    head = new Head([...(head?.blocks ?? []), next.value], source);
    const { error, records } = head.sample(',');
    if (records.length === 0 && error === undefined) head = undefined;
    else if (head.isSample) return head;
  }
  if (head !== undefined) return head;
  throw new DataError('empty', `${source}: expected a table, found an empty file`);
}

function joined(blocks: readonly Block[]): Block {
  return {
    bytes: blocks.length === 1 ? blocks[0]!.bytes : Buffer.concat(blocks.map(({ bytes }) => bytes)),
    quoted: blocks.some(({ quoted }) => quoted),
    firstLine: blocks[0]!.firstLine,
    lineCount: blocks.reduce((count, block) => count + block.lineCount, 0),
  };
}
