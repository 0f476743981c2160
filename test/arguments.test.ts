/** Plain JavaScript asks the library for anything: TypeScript's errors are ours there. */
import { expect, it } from 'vitest';
import * as library from '../src/index.js';

const WRONG: readonly (readonly unknown[])[] = [[], [null], [42], [{}], [[]], [() => {}], [{}, {}], [{}, 42], [[], []]];

type Call = (...given: readonly unknown[]) => unknown;

const isClass = (value: unknown) => /^class\b/.test(Function.prototype.toString.call(value));
const functions = Object.entries(library).flatMap(([name, value]) =>
  typeof value === 'function' && !isClass(value) ? [[name, value as Call] as const] : [],
);
/** Takes nothing. */
const others = functions.filter(([name]) => name !== 'bundledIrisPath');

async function outcome(call: Call, given: readonly unknown[]): Promise<unknown> {
  try {
    await call(...given);
    return 'an answer';
  } catch (error) {
    return error;
  }
}

it('has functions to ask', () => {
  expect(others.length).toBeGreaterThan(30);
});

it.each(others)('%s refuses what is no argument of it, in words', async (_, call) => {
  for (const given of WRONG) {
    const error = await outcome(call, given);
    expect([given, error]).toEqual([given, expect.any(library.IrisError)]);
    expect((error as Error).message).toMatch(/expected|unknown option/);
  }
});

it('names the argument, and what it should be', async () => {
  const { evaluate, parseModel, predictLeaf, train, verifyModel } = library as unknown as Readonly<
    Record<string, Call>
  >;
  const dataset = await library.readDataset(library.bundledIrisPath());
  const found = [
    await outcome(train!, []),
    await outcome(train!, [dataset]),
    await outcome(evaluate!, [{ dataset }]),
    await outcome(parseModel!, ['{}']),
    await outcome(predictLeaf!, [{}]),
    await outcome(verifyModel!, ['artifacts/iris.json']),
    await outcome(library.InferenceClient.connect as Call, []),
  ].map((error) => (error as Error).message);
  const aModel = 'expected a model, as readModel and trainModel give it';
  expect(found).toEqual([
    'dataset: expected a dataset, as readDataset gives it, found undefined',
    'parameters: expected an object, found undefined',
    `subject.model: ${aModel}, found undefined`,
    'bytes: expected a Uint8Array, the bytes of a model, found "{}"',
    'tree: expected a tree, as growTree gives it, found an object',
    `model: ${aModel}, found "artifacts/iris.json"`,
    'options: expected an object, found undefined',
  ]);
});
