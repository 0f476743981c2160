import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect } from 'vitest';
import { iris, ROOT, type RunningServer, serve } from '../e2e/cli.js';

/** What each client prints for each row. */
export interface Answer {
  readonly label: string;
  readonly classIndex: number;
  /** One share per class, in class order. */
  readonly shares: readonly number[];
}

/** A row as `iris predict --json --explain` has it. */
interface LocalPrediction {
  readonly label: string;
  readonly classIndex: number;
  readonly probabilities: readonly { readonly share: number }[];
  readonly path: readonly unknown[];
}

/** A model that is served while a suite runs, and what `iris predict --model` says of every row of its table. */
export interface Subject {
  readonly address: string;
  /** Of the REST form, where `--http-port` asks for it. */
  readonly http: string;
  readonly table: string;
  readonly answers: readonly Answer[];
  readonly paths: readonly (readonly unknown[])[];
}

const tables = {
  /** Four numbers, 150 rows. */
  iris: () => readFile(`${ROOT}data/iris.csv`, 'utf8'),
  mixed: mixedTable,
};

/**
 * Trains and serves a model for the tests of the suite that calls this, and ends the server after them.
 *
 * @param serveArgs for `iris serve`
 * @returns the subject, for use in tests
 */
export function subject(kind: keyof typeof tables, serveArgs: readonly string[] = []): () => Subject {
  let folder: string;
  let made: Subject;
  let server: RunningServer | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-interop-'));
    const table = join(folder, `${kind}.csv`);
    const model = join(folder, `${kind}.json`);
    await writeFile(table, await tables[kind]());
    // Leaves of several rows have shares of several classes.
    await run(['train', '--data', table, '--out', model, '--min-samples-leaf', '6']);
    const stdout = await run(['predict', '--model', model, '--file', table, '--explain', '--json']);
    const predictions: LocalPrediction[] = JSON.parse(stdout);
    server = await serve(['--model', model, ...serveArgs]);
    made = {
      address: `localhost:${server.port}`,
      http: `localhost:${/"httpPort":(\d+)/.exec(server.log())?.[1]}`,
      table,
      answers: predictions.map(({ classIndex, label, probabilities }) => ({
        label,
        classIndex,
        shares: probabilities.map(({ share }) => share),
      })),
      paths: predictions.map(({ path }) => path),
    };
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });
  return () => made;
}

async function run(args: readonly string[]): Promise<string> {
  const { code, stderr, stdout } = await iris(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  return stdout;
}

/** The cells of a subject's table, without its header and its last column, the label. */
export async function cells({ table }: Subject): Promise<string[][]> {
  const [, ...records] = parse(await readFile(table)) as string[][];
  return records.map((record) => record.slice(0, -1));
}

/**
 * A table whose tree asks for a category and for numbers: a size, a colour (one has a letter beyond ASCII and a comma)
 * and a weight. Colours and weights may be missing.
 */
async function mixedTable(): Promise<string> {
  const colours = ['red', 'green', '"weiß, matt"', ''];
  const rows = Array.from({ length: 90 }, (_, row) => {
    const [size, colour, weight] = [row % 10, colours[row % 4]!, row % 7 === 0 ? null : (row % 9) / 4];
    const load = weight === null || weight > 1 ? 'heavy' : 'light';
    const kind = colour === 'red' || colour === '' ? 'plain' : load;
    return `${size},${colour},${weight ?? ''},${kind}${size === 9 ? ' and large' : ''}\n`;
  });
  return `size,colour,weight,kind\n${rows.join('')}`;
}
