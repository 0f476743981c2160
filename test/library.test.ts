/** The examples of docs/library.md, run and type-checked as they stand against the built package. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as library from '../src/index.js';
import { ROOT } from './e2e/cli.js';

const text = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => ({
  code: code!,
  title: /^(?:#+ )(.*)$/.exec(
    text
      .slice(0, text.indexOf(code!))
      .match(/^#+ .*$/gm)!
      .at(-1)!,
  )![1]!,
}));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-library-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await mkdir(join(folder, 'node_modules'));
  await symlink(ROOT, join(folder, 'node_modules/iris-grpc'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the compiler says of files with these texts, in the folder; nothing where they are right. */
async function complaints(name: string, files: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  const place = join(folder, name);
  await mkdir(place);
  for (const [index, file] of files.entries()) await writeFile(join(place, `example-${index + 1}.ts`), file);
  const strict = { strict: true, noEmit: true, target: 'es2023', lib: ['es2023'], module: 'nodenext' };
  const types = { typeRoots: [join(ROOT, 'node_modules/@types')], types: ['node'] };
  const project = { compilerOptions: { ...strict, ...types, ...more }, include: ['*.ts'] };
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify(project));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  return new Promise<string>((resolve) => {
    execFile(process.execPath, [compiler, '--project', place], { cwd: place }, (_, stdout) => resolve(stdout));
  });
}

describe('docs/library.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(7);
  });

  it.each(examples)('prints what it says: $title', async ({ code }) => {
    await writeFile(join(folder, 'example.js'), code);
    const { stdout } = await promisify(execFile)(process.execPath, ['example.js'], { cwd: folder });
    expect(stdout.trimEnd().split('\n')).toEqual([...code.matchAll(/ \/\/ → (.*)$/gm)].map(([, printed]) => printed));
  });

  it('has examples that are strict TypeScript', async () => {
    const files = examples.map(({ code }) => code);
    expect(await complaints('examples', files)).toBe('');
    // What a reader would get wrong is found.
    expect(await complaints('mistake', [`${files[0]}\nmodel.predict({ sepal_length: true });\n`])).toContain('TS2322');
  });

  it('speaks only of classes of errors that there are', () => {
    const named = [...text.matchAll(/^\| `(\w+Error)`/gm)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(library).toHaveProperty(name);
  });
});

describe('a class of errors', () => {
  const classes = Object.entries(library).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof Error,
  );

  it.each(classes)('%s keeps its name when a bundler shortens what classes are called', (name, value) => {
    // What a class is called is not enumerable; a name that it states is.
    expect(Object.getOwnPropertyDescriptor(value, 'name')).toMatchObject({ value: name, enumerable: true });
  });
});
