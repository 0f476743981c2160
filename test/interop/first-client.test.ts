import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { iris, ROOT, serve } from '../e2e/cli.js';

const python = process.env['PYTHON'] ?? 'python3';
const client = fileURLToPath(new URL('./first_client.py', import.meta.url));
const table = `${ROOT}data/iris.csv`;
const species = ['setosa', 'versicolor', 'virginica'];

it('answers a Python client that knows only the first contract as `iris predict --model` does', async () => {
  const server = await serve();
  const { stdout } = await promisify(execFile)(python, [client, `127.0.0.1:${server.port}`, table]).finally(
    server.stop,
  );
  const answers: number[] = JSON.parse(stdout);

  const local = await iris(['predict', '--model', `${ROOT}artifacts/iris.json`, '--file', table, '--json']);
  expect(answers).toEqual(JSON.parse(local.stdout).map((row: { classIndex: number }) => row.classIndex));

  const truth = (await readFile(table, 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').at(-1));
  expect(answers).toHaveLength(150);
  expect(answers.filter((answer, row) => species[answer] === truth[row]).length).toBeGreaterThanOrEqual(140);
});
