import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error: a script without types
import { ASSEMBLIES, compiled } from '../src/assembly.mjs';

it.each(ASSEMBLIES as { source: string; module: string }[])(
  '$module holds $source as it is compiled',
  async (assembly) => {
    const held = readFileSync(new URL(`../src/${assembly.module}`, import.meta.url), 'utf8');
    expect(await compiled(assembly)).toBe(held);
  },
);
