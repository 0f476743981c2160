import { basename, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { BaseCommand } from '../cli/base-command.js';
import {
  columnsFlag,
  fileFlag,
  integerFlag,
  labelledTableFlags,
  labelledTableOptions,
  outputFlag,
  sizeFlag,
  tableFlags,
} from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { Flags } from '../cli/oclif.js';
import { optionsAsFlags, shellWords, warningForFlags } from '../cli/option-flags.js';
import { type TrainingFlagValues, trainingFlags, trainingParameters } from '../cli/training-flags.js';
import { bundledIrisPath } from '../data/bundled.js';
import { inputFiles, isEngine } from '../data/open-source.js';
import { readDataset } from '../data/read-dataset.js';
import type { Remedy } from '../data/remedy.js';
import type { ReadOptions } from '../data/schema.js';
import { type TrainedModel, trainModel } from '../evaluation/train-model.js';
import { writeModel } from '../formats/store.js';
import { badOption } from '../ground/errors.js';
import { garbageCollector } from '../ground/garbage.js';
import { MAX_CATEGORIES, MAX_JOBS } from '../ground/limits.js';
import { plural } from '../ground/quote.js';
import type { PushedLevel } from '../pushdown/train-pushed-down.js';
import { trainingJson, trainingText } from '../report/training.js';
import { expectTable } from '../training/beside/helper.js';

export default class Train extends BaseCommand {
  static override description = 'Train a decision tree on a table and write it as one file.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --data wine.csv --target cultivar --max-depth 4',
    '<%= config.bin %> <%= command.id %> --data titanic.csv --target Survived --auto',
    '<%= config.bin %> <%= command.id %> --data iris.csv --ccp-alpha auto --out models/pruned.json',
    'zcat big.csv.gz | <%= config.bin %> <%= command.id %> --data - --class-weight balanced --json',
  ];
  static override flags = {
    ...trainingFlags,
    ...labelledTableFlags,
    auto: Flags.boolean({
      description:
        'Read a table that cannot be learnt from as it is with the options with which it can, and say which: columns are left out, or read as text, numbers or dates.',
    }),
    categorical: columnsFlag('Columns whose cells are categories, or classes, even where they look like numbers.'),
    'classes-from': Flags.string({
      description: 'Make classes of a target of numbers: ranges of about as many rows each.',
      helpValue: 'quantiles:N',
    }),
    data: fileFlag({
      char: 'd',
      description:
        'CSV or Parquet file, folder or pattern of such files, - for standard input, or an engine: duckdb:FILE, postgres://…, sc://…. Default: the bundled iris.',
    }),
    features: columnsFlag('Columns to learn from. Default: all but the target.'),
    'holdout-column': Flags.string({
      description: 'Column that is true where a row is held out; nothing is learnt from it.',
      exclusive: ['holdout', 'holdout-key'],
      helpValue: 'COLUMN',
    }),
    'holdout-key': Flags.string({
      description: 'Hold out a share of the keys in this column, with all rows of each; nothing is learnt from it.',
      helpValue: 'COLUMN',
    }),
    ignore: columnsFlag('Columns to leave out.'),
    jobs: integerFlag({
      description: 'Threads; the tree is the same with any number.',
      helpValue: 'N',
      max: MAX_JOBS,
      min: 1,
    }),
    memory: sizeFlag({
      description:
        'Of an engine: what rows may take here; a larger table is counted there. Default: half of what is free.',
    }),
    'max-categories': integerFlag({
      description:
        'Of a column with more categories, make one of the rarest. Default: 255 are the most, none is pooled.',
      helpValue: 'N',
      max: MAX_CATEGORIES,
      min: 2,
    }),
    out: outputFlag({ char: 'o', description: 'Where to write. Default: artifacts/<name of the data>.json.' }),
    private: Flags.boolean({
      description:
        'Keep what tells of single rows out of the file: the sketch, histograms, exact smallest and largest values.',
    }),
    'push-down': Flags.boolean({
      description: 'Of an engine: have it count the rows where they are, and fetch those of small nodes alone.',
    }),
    'pruning-path': Flags.boolean({ description: 'Show the trees that pruning passes through, cross-validated.' }),
    'rows-stay': Flags.boolean({
      description: 'Of an engine: as --push-down, but fetch no row; needs --max-depth or --max-leaf-nodes.',
    }),
    target: Flags.string({ char: 't', description: 'Column to predict. Default: the last one.', helpValue: 'COLUMN' }),
  };
  static override summary = 'Train a decision tree on a table.';

  async run(): Promise<void> {
    const { flags } = await this.parse(Train);
    const data = flags.data ?? bundledIrisPath();
    const path = flags.out ?? (await defaultOut(flags));
    await keepInputs({ tables: { 'the data': data } }, { option: 'out', path });
    const started = performance.now();
    this.progress.begin('reading');
    const reading = { ...labelledTableOptions(flags), ...selectionOf(flags) };
    const trained = (await this.#isPushedDown(flags, data, reading))
      ? await this.#trainPushedDown(flags, data, reading)
      : await this.#trainOnRows(flags, data, reading);
    this.signal.throwIfAborted();
    this.progress.begin('writing');
    await writeModel(path, trained.model, trained.text);
    const timing = {
      readMs: milliseconds(trained.readMs),
      fitMs: milliseconds(performance.now() - started - trained.readMs),
    };
    const result = { ...trained, path, timing };
    await this.show(trainingJson(result), () => trainingText(result));
  }

  async #trainOnRows(flags: TrainFlags, data: string, reading: ReadOptions): Promise<Trained> {
    const jobs = flags.jobs === undefined ? {} : { jobs: flags.jobs };
    const started = performance.now();
    const onProgress = (share: number | undefined, rowCount: number, featureCount: number) => {
      this.onRead(share, rowCount);
      expectTable((rowCount * featureCount) / (share || 1), flags.jobs);
    };
    const table = await readDataset(data, { ...reading, ...jobs, onProgress, signal: this.signal });
    const readMs = performance.now() - started;
    const flagNames = Object.keys(Train.flags);
    const warnings = table.warnings.map((warning) => warningForFlags(warning, table.advice ?? [], flagNames));
    const dataset = { ...table, warnings };
    for (const warning of warnings) this.warning(warning);
    if (dataset.added) this.#tellAdded(dataset.source, dataset.added);
    const trained = await trainModel(dataset, trainingParameters(flags), {
      ...jobs,
      pruningPath: flags['pruning-path'],
      withholdRows: flags.private,
      signal: this.signal,
      onProgress: this.onTraining,
      onWarning: (warning) => this.warning(warning),
    });
    return { ...trained, source: dataset.source, readMs };
  }

  /** Whether the engine counts: where it is asked to, or the rows would not fit. */
  async #isPushedDown(flags: TrainFlags, data: string, reading: ReadOptions): Promise<boolean> {
    if (flags['push-down'] || flags['rows-stay']) return true;
    if (!isEngine(data)) {
      if (flags.memory === undefined) return false;
      const found = inMegabytes(flags.memory);
      throw badOption('memory', 'none, as no engine can count the rows of a file', flags.memory, { found });
    }
    const { defaultMemory, rowsInMemory } = await import('../pushdown/train-pushed-down.js');
    const { memory = defaultMemory() } = flags;
    const bytes = await rowsInMemory(data, { ...reading, signal: this.signal });
    if (bytes <= memory) return false;
    this.note(
      `its rows would take about ${inMegabytes(bytes)}, more than ${inMegabytes(memory)}: the engine counts them`,
    );
    return true;
  }

  async #trainPushedDown(flags: TrainFlags, data: string, reading: ReadOptions): Promise<Trained> {
    if (flags['pruning-path']) throw badOption('pruningPath', 'false, as it takes ten more fits', true);
    this.progress.begin('fitting');
    const { trainPushedDown } = await import('../pushdown/train-pushed-down.js');
    const collect = littleGarbage();
    const trained = await trainPushedDown(data, reading, trainingParameters(flags), {
      ...(flags.memory !== undefined && { memoryBytes: flags.memory }),
      rowsStay: flags['rows-stay'],
      withholdRows: flags.private,
      signal: this.signal,
      onLevel: (level) => {
        collect();
        this.note(levelInWords(level));
      },
    });
    for (const warning of trained.warnings) this.warning(warning);
    return { ...trained, readMs: 0 };
  }

  /** Of another table the same has to be said again, but for what the model keeps: the columns, categories and classes. */
  #tellAdded(source: string, added: Remedy): void {
    const words = shellWords(optionsAsFlags(added, Object.keys(Train.flags)));
    if (words === '') return;
    this.note(`${source}: --auto: read with ${words}`);
    const { dates, decimal, thousands, units } = added;
    const again = shellWords(optionsAsFlags({ dates, decimal, thousands, units }, Object.keys(tableFlags)));
    if (again !== '') this.note(`${source}: evaluate, predict and verify need ${again} as well`);
    if (added.dropMissingTarget) this.note(`${source}: evaluate and verify need --drop-missing-target as well`);
  }
}

type TrainFlags = TrainingFlagValues & {
  readonly jobs?: number | undefined;
  readonly memory?: number | undefined;
  readonly private: boolean;
  readonly 'pruning-path': boolean;
  readonly 'push-down': boolean;
  readonly 'rows-stay': boolean;
};

/**
 * What engines give lies outside of the heap, until V8 finds that nobody has it. So the young generation stays small, which
 * is looked through often, and the whole heap is between the levels.
 */
function littleGarbage(): () => void {
  setFlagsFromString('--semi-space-growth-factor=1');
  const collect = garbageCollector();
  return () => collect();
}

/** A model, and how long it took to read its rows. */
type Trained = TrainedModel & { readonly source: string; readonly readMs: number };

/** `level 3: 8 nodes, 1000000 rows; 41 queries, 0.3 MB so far` */
function levelInWords({ bytes, nodes, queries, rows, ...level }: PushedLevel): string {
  const what = level.kind === 'level' ? `level ${level.depth + 1}: ` : 'rows of small nodes: ';
  const asked = `${plural(queries, 'query', 'queries')}, ${inMegabytes(bytes)} so far`;
  return `${what}${plural(nodes, 'node')}, ${plural(rows, 'row')}; ${asked}`;
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

interface SelectionFlags {
  readonly auto: boolean;
  readonly 'classes-from'?: string | undefined;
  readonly 'max-categories'?: number | undefined;
  readonly 'holdout-column'?: string | undefined;
  readonly 'holdout-key'?: string | undefined;
  readonly categorical?: readonly string[] | undefined;
  readonly features?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly target?: string | undefined;
}

/** An absent flag is an absent option. */
function selectionOf({ auto, categorical, features, ignore, target, ...flags }: SelectionFlags): ReadOptions {
  const { 'classes-from': classesFrom, 'max-categories': maxCategories } = flags;
  const { 'holdout-column': holdoutColumn, 'holdout-key': holdoutKey } = flags;
  return {
    ...(auto && { auto }),
    ...(holdoutColumn !== undefined && { holdoutColumn }),
    ...(holdoutKey !== undefined && { holdoutKey }),
    ...(classesFrom !== undefined && { classesFrom }),
    ...(maxCategories !== undefined && { maxCategories }),
    ...(categorical && { categorical }),
    ...(features && { features }),
    ...(ignore && { ignore }),
    ...(target !== undefined && { target }),
  };
}

/**
 * `data/wine.csv.gz` is written to `artifacts/wine.json`, standard input to `artifacts/stdin.json`, and `sales/2024-*.csv`
 * to `artifacts/2024.json`. Of an engine the table names it.
 */
async function defaultOut({ data, query, table }: InputFlags): Promise<string> {
  if (data === undefined) return 'artifacts/iris.json';
  const path = isEngine(data) ? (await inputFiles(data))[0] : data;
  if (table !== undefined) return `artifacts/${table.replace(/[^\p{L}\p{N}_-]+/gu, '_')}.json`;
  if (query !== undefined || path === undefined) return 'artifacts/query.json';
  const stem =
    path === '-'
      ? 'stdin'
      : basename(resolve(path))
          .replace(/\.(?:gz|zst|zip)$/i, '')
          .replace(/(?<=.)\.[^.]*$/, '');
  return `artifacts/${/[*?[{]/.test(stem) ? patternStem(stem) : stem}.json`;
}

interface InputFlags {
  readonly data?: string | undefined;
  readonly query?: string | undefined;
  readonly table?: string | undefined;
}

/** `2024-*` is `2024`. */
function patternStem(pattern: string): string {
  return pattern.replace(/[*?[\]{}]+/g, '').replace(/^[-_.]+|[-_.]+$/g, '') || 'table';
}

/** To a microsecond: more digits would be noise. */
function milliseconds(duration: number): number {
  return Math.round(duration * 1000) / 1000;
}
