import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cells, subject } from './subjects.js';
import { describeWith, mlserver, output } from './tools.js';

interface Reply {
  readonly parameters: { readonly batch_index: number };
  readonly outputs: readonly { readonly name: string; readonly data: readonly unknown[] }[];
}

describeWith([mlserver], "MLServer's client", () => {
  const iris = subject('iris', ['--http-port', '0']);

  it('gets the answers of `iris predict --model`, of a file of requests', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iris-mlserver-'));
    const [questions, replies] = [join(folder, 'questions.txt'), join(folder, 'replies.txt')];
    const requests = (await cells(iris())).map((row) =>
      JSON.stringify({ inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 4], data: row.map(Number) }] }),
    );
    await writeFile(questions, `${requests.join('\n')}\n`);
    const place = ['-u', iris().http, '-m', 'iris'];
    await output(mlserver.command, ['infer', ...place, '-i', questions, '-o', replies, '-s', '1', '-w', '4']);
    const found: Reply[] = (await readFile(replies, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    await rm(folder, { recursive: true });
    // They come as they are answered.
    found.sort((a, b) => a.parameters.batch_index - b.parameters.batch_index);
    const values = (name: string) => found.map(({ outputs }) => outputs.find((one) => one.name === name)?.data);
    expect(values('label')).toEqual(iris().answers.map(({ label }) => [label]));
    expect(values('probabilities')).toEqual(iris().answers.map(({ shares }) => shares));
  });
});
