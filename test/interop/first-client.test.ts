import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { iris, ROOT, serve } from '../e2e/cli.js';
import { describeWith, output, systemPython } from './tools.js';

const client = fileURLToPath(new URL('./first_client.py', import.meta.url));
const table = `${ROOT}data/iris.csv`;
const species = ['setosa', 'versicolor', 'virginica'];

describeWith([systemPython], 'a client that knows only the first contract', () => {
  it('gets the species that `iris predict --model` gets', async () => {
    const server = await serve();
    const address = `127.0.0.1:${server.port}`;
    const answers: number[] = JSON.parse(
      await output(systemPython.command, [client, address, table]).finally(server.stop),
    );

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
});
