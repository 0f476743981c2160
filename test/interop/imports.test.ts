import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  contributionDistance,
  differencesOf,
  FIXTURES,
  fixturesOf,
  isExplained,
  readFixture,
} from '../formats/fixtures.js';
import { describeWith, libraries, output } from './tools.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-imports-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of several classes numpy's logarithm of the prior is another one. */
const NEARLY = /boosted-multi/;

/** Trains models with a library and holds what they answer here to what they answer there. Other models each day. */
async function imported(library: string): Promise<ReturnType<typeof fixturesOf>> {
  const seed = String(Math.floor(Date.now() / 86_400_000));
  await output(libraries.command, ['-W', 'ignore', join(FIXTURES, 'make.py'), library, folder, 'small', seed]);
  const fixtures = fixturesOf(library, folder);
  expect(fixtures.length).toBeGreaterThan(8);
  for (const fixture of fixtures) {
    const { answers, imported } = readFixture(fixture);
    const differences = differencesOf(answers, imported);
    const expected = NEARLY.test(fixture.name) ? { labels: 0 } : { labels: 0, margins: 0, shares: 0 };
    expect({ name: fixture.name, seed, ...differences }).toMatchObject(expected);
    expect(differences.distance).toBeLessThan(3e-15);
  }
  return fixtures;
}

describeWith([libraries], 'models that the newest libraries train', () => {
  it.each(['xgboost', 'lightgbm', 'sklearn'])(
    'answer here as they do there, at the bounds of their splits, and are explained alike: %s',
    async (library) => {
      const fixtures = await imported(library);
      await output(libraries.command, ['-W', 'ignore', join(FIXTURES, 'contributions.py'), folder]);
      const explained = fixtures.filter(isExplained);
      expect(explained.length).toBeGreaterThan(6);
      for (const fixture of explained) {
        const distance = contributionDistance(fixture);
        expect({ name: fixture.name, isEqual: distance < 1e-6, distance }).toMatchObject({ isEqual: true });
      }
    },
  );

  // Their files do not say how many rows came to a node, which contributions need.
  it('answer here as they do there when they come through ONNX', () => imported('onnx'));
});
