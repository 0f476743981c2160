import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Args, Flags, Parser } from '@oclif/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: a script without types
import { bundleOclif } from '../src/bundle-oclif.mjs';
import { ROOT } from './e2e/cli.js';

interface Parts {
  readonly Args: typeof Args;
  readonly CLIError: ErrorConstructor;
  readonly Flags: typeof Flags;
  readonly parse: typeof Parser.parse;
}

let folder: string;
let bundle: Parts;

beforeAll(async () => {
  // Beside what it bundles, where oclif is found.
  folder = await mkdtemp(join(ROOT, 'dist/oclif-'));
  const file = join(folder, 'parts.mjs');
  await writeFile(file, (await readFile(join(ROOT, 'src/cli/oclif.ts'), 'utf8')).replace(/^export type .*$/gm, ''));
  await bundleOclif(file, join(folder, 'licences.txt'));
  bundle = await import(file);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** One of each kind that commands have. */
function inputOf(parts: Pick<Parts, 'Args' | 'Flags'>) {
  return {
    args: { first: parts.Args.string({ required: true, description: 'What is first.' }), rest: parts.Args.integer() },
    flags: {
      a: parts.Flags.string({ char: 'a', exclusive: ['list'] }),
      colour: parts.Flags.option({ options: ['red', 'green'] as const, default: 'red' })(),
      fast: parts.Flags.boolean({ char: 'f', allowNo: true }),
      list: parts.Flags.string({ delimiter: ',', multiple: true, multipleNonGreedy: true }),
      size: parts.Flags.integer({ min: 1, max: 9, dependsOn: ['fast'] }),
    },
  };
}

/** What was parsed, or what was said; colours aside, which only a terminal shows. */
async function outcome(parse: Parts['parse'], argv: string[], input: ReturnType<typeof inputOf>) {
  try {
    const { args, argv: others, flags, raw } = await parse(argv, input);
    return { args, others, flags, raw };
  } catch (error) {
    const { message, name, parse: parsed } = error as Error & { parse?: { output?: { nonExistentFlags?: string[] } } };
    return { message: stripVTControlCharacters(message), name, unknown: parsed?.output?.nonExistentFlags };
  }
}

const word = fc.constantFrom(
  ...[
    '-a',
    '-a=x',
    '--a',
    '--colour',
    '--colour=blue',
    'green',
    '--fast',
    '--no-fast',
    '-f',
    '--list',
    '--list=x,y\\,z',
  ],
  ...['--size', '--size=3', '12', '--', '--nope', '-n', 'word', '', '--list='],
);

describe('the parts of oclif', () => {
  it('read any line as oclif does, or refuse it in the same words', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 7 }), async (argv) => {
        const ours = await outcome(bundle.parse, argv, inputOf(bundle));
        expect(ours).toEqual(await outcome(Parser.parse, argv, inputOf({ Args, Flags })));
      }),
      { numRuns: 150 },
    );
  });

  it('throw the class of error that they export', async () => {
    await expect(bundle.parse(['--nope'], inputOf(bundle))).rejects.toBeInstanceOf(bundle.CLIError);
  });

  it('say what is missing in one line, however long it is', async () => {
    const first = bundle.Args.string({ required: true, description: 'What is first of all. '.repeat(9).trim() });
    await expect(bundle.parse([], { args: { first } })).rejects.toThrow(`first  ${first.description}`);
    await expect(bundle.parse([], { args: { first: bundle.Args.string({ required: true }) } })).rejects.toThrow(
      /^first$/m,
    );
  });

  it('come with the licence of each package that they are of', async () => {
    const text = await readFile(join(folder, 'licences.txt'), 'utf8');
    const licence = await readFile(join(ROOT, 'node_modules/@oclif/core/LICENSE'), 'utf8');
    expect(text).toBe(`@oclif/core\n\n${licence.trim()}\n`);
  });

  it('are not made where oclif has no longer what is left out', async () => {
    const file = join(folder, 'few.mjs');
    await writeFile(file, "export * from '@oclif/core/settings';\n");
    await expect(bundleOclif(file, join(folder, 'none.txt'))).rejects.toThrow('oclif has no @oclif/core/lib/errors');
  });
});
