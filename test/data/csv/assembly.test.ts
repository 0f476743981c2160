import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error: a script without types
import { compiled } from '../../../src/data/csv/assembly/build.mjs';

it('holds the scanner as its source is compiled', async () => {
  const held = readFileSync(new URL('../../../src/data/csv/scan-cells-wasm.ts', import.meta.url), 'utf8');
  expect(await compiled()).toBe(held);
});
