import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';

it('the bundled iris is where the package keeps it', () => {
  expect(bundledIrisPath().endsWith(`${sep}data${sep}iris.csv`)).toBe(true);
  expect(bundledIrisPath()).not.toContain(`${sep}src${sep}`);
  expect(existsSync(bundledIrisPath())).toBe(true);
});
