import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What is looked at of a flag or an argument. */
interface Input {
  readonly helpValue?: string;
  readonly description?: string;
  parse(text: string, context: object, self: object): Promise<unknown>;
}

interface Command {
  readonly args?: Readonly<Record<string, Input>>;
  readonly flags: Readonly<Record<string, Input>>;
}

const folder = new URL('../../src/commands/', import.meta.url);

async function inputsOf(file: string): Promise<[string, Input][]> {
  const { default: command }: { default: Command } = await import(new URL(file, folder).href);
  const flags = Object.entries(command.flags).filter(([, { helpValue }]) =>
    /^(FILE|FOLDER|SOCKET)/.test(helpValue ?? ''),
  );
  const files = Object.entries(command.args ?? {}).filter(([name]) => /^(file|files|model|other)$/.test(name));
  return [...flags.map(([name, flag]): [string, Input] => [`--${name}`, flag]), ...files];
}

describe('a file without a name is refused before anything is read', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.ts')))('%s', async (file) => {
    for (const [name, input] of await inputsOf(file)) {
      await expect(input.parse(' ', {}, { name }), `${file} ${name}`).rejects.toThrow('expected a file, found " "');
    }
  });

  it('is so of every kind of file', async () => {
    const names = (await inputsOf('serve.ts')).map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(['--model', '--models', '--tls-key', '--record', '--health-socket']));
    expect((await inputsOf('sign.ts')).map(([name]) => name)).toEqual(['--key', '--out', 'model']);
  });
});

describe('a stream is no file to write', () => {
  it.each([
    ['sign.ts', 'out'],
    ['export.ts', 'out'],
    ['import.ts', 'out'],
    ['proto.ts', 'out'],
    ['train.ts', 'out'],
    ['evaluate.ts', 'report'],
    ['serve.ts', 'record'],
  ])('%s --%s', async (file, name) => {
    const { default: command }: { default: Command } = await import(new URL(file, folder).href);
    await expect(command.flags[name]!.parse('-', {}, {})).rejects.toThrow('expected a file, found "-"');
  });
});
