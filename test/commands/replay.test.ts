import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../../src/formats/store.js';
import { iris } from '../e2e/cli.js';
import { irisModel } from '../server/models.js';
import { flower, TestClient } from '../server/serving.js';
import { linesOf, readyLine, serveForTest } from './serving-lines.js';

const cwd = mkdtempSync(join(tmpdir(), 'iris-replay-'));
const [served, candidate] = [irisModel(), irisModel({ threshold: 1 })];

beforeAll(async () => {
  await writeModel(join(cwd, 'iris.json'), served);
  await writeModel(join(cwd, 'candidate.json'), candidate);
});
afterAll(() => rmSync(cwd, { recursive: true }));

const replay = (...args: string[]) => iris(['replay', ...args], { cwd });
const of = (run: { readonly stderr: string }) => run.stderr.split('\n').filter((line) => !line.startsWith('model: '));

describe('what iris serve --record writes, and iris replay reads', () => {
  it('is one file of all workers, which the same model answers alike, and another one does not', async () => {
    const recording = await serveForTest(
      ['--model', 'iris.json', '--workers', '2', '--record', 'rows.jsonl', '--log-level', 'debug'],
      { cwd },
    );
    for (let connection = 0; connection < 4; connection++) {
      const client = new TestClient(`127.0.0.1:${recording.port}`);
      await client.call('iris', 'PredictIrisSpecies', { ...flower, sepal_length: 4 + connection });
      client.close();
    }
    expect(await recording.stop()).toBe(0);
    const callers = linesOf(recording).filter(({ msg }) => msg === 'call');
    expect(new Set(callers.map(({ worker }) => worker)).size).toBe(2);
    const rows = readFileSync(join(cwd, 'rows.jsonl'), 'utf8').split('\n');
    const recorded = rows.slice(0, -1).map((row) => JSON.parse(row));
    expect(recorded.map(({ features }) => features.sepal_length).sort()).toEqual([4, 5, 6, 7]);
    expect(statSync(join(cwd, 'rows.jsonl')).mode & 0o777).toBe(0o600);

    const server = await serveForTest(['--model', 'iris.json'], { cwd });
    const same = await replay('rows.jsonl', '--port', String(readyLine(server)['port']));
    expect([same.code, same.stdout]).toEqual([
      0,
      `4 rows, recorded with version ${served.version}, replayed with version ${served.version}\nlabels: all the same\nprobabilities: all the same\n`,
    ]);

    const other = await replay('rows.jsonl', '--model', 'candidate.json', '--show', '1');
    expect([other.code, of(other)]).toEqual([1, ['the labels of 4 of 4 rows changed', '']]);
    const [head, ...lines] = other.stdout.split('\n');
    expect(head).toBe(`4 rows, recorded with version ${served.version}, replayed with version ${candidate.version}`);
    expect(lines).toEqual([
      'labels: 4 changed (100 %)',
      '  setosa -> versicolor  4',
      'probabilities: largest difference 1, of setosa in rows.jsonl:1',
      expect.stringMatching(
        /^rows\.jsonl:1: setosa -> versicolor: sepal_length=\d, sepal_width=3\.6, petal_length=1\.3, petal_width=0\.25$/,
      ),
      'and 3 more rows',
      '',
    ]);
  });

  it('is compared in one JSON document, rows that are refused included', async () => {
    const row = (petal_length: number | null) => ({
      time: '2026-01-02T03:04:05.678Z',
      model: 'iris',
      version: 'abc',
      features: { sepal_length: 5, sepal_width: 3, petal_length, petal_width: 1 },
      label: 'setosa',
      probabilities: { setosa: 1 },
    });
    writeFileSync(
      join(cwd, 'odd.jsonl'),
      [row(1), row(null), row(1)].map((one) => `${JSON.stringify(one)}\n`).join(''),
    );
    const run = await replay('odd.jsonl', '--model', 'iris.json', '--json');
    expect([run.code, of(run)]).toEqual([1, ['the labels of 0 of 3 rows changed, 1 refused', '']]);
    expect(JSON.parse(run.stdout)).toEqual({
      rows: 3,
      versions: { recorded: ['abc'], replayed: [served.version] },
      changed: 0,
      refused: 1,
      pairs: [],
      largestDifference: { difference: 0, class: null, file: null, line: null },
      shown: [
        {
          file: 'odd.jsonl',
          line: 2,
          version: 'abc',
          from: 'setosa',
          to: null,
          refusal: 'petal_length: expected a value, as none was missing in training, found a missing one',
          features: row(null).features,
        },
      ],
    });
  });

  it('is nothing that the server reads', async () => {
    const over = await iris(['serve', '--model', 'iris.json', '--record', 'iris.json'], { cwd });
    expect([over.code, over.stderr.split('\n').at(-2)]).toEqual([
      2,
      'error: --record: expected a file that is not read, found iris.json, the model (see iris serve --help)',
    ]);
  });
});
