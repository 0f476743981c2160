import { Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { trainingFlags, trainingParameters } from '../../src/cli/training-flags.js';
import { defaultParameters } from '../../src/training/parameters.js';

async function parse(...argv: string[]) {
  const { flags } = await Parser.parse(argv, { flags: trainingFlags, strict: true });
  return trainingParameters(flags as Parameters<typeof trainingParameters>[0]);
}

describe('the flags of a training', () => {
  it("are the engine's defaults when absent", async () => {
    expect(await parse()).toEqual({
      ...defaultParameters,
      engine: 'cart',
      criterion: 'gini',
      maxDepth: null,
      minSamplesSplit: 2,
      minSamplesLeaf: 1,
      maxLeafNodes: null,
      minImpurityDecrease: 0,
      classWeight: null,
      ccpAlpha: 0,
      seed: 0,
      holdout: 0.2,
    });
    expect(await parse('--engine', 'ml-cart')).toMatchObject({ minSamplesSplit: 3, minImpurityDecrease: 0.01 });
  });

  it('each set their parameter, to its least value too', async () => {
    const numbers = ['--max-depth=1', '--min-samples-split=2', '--min-samples-leaf=1', '--max-leaf-nodes=2'];
    const others = ['--min-impurity-decrease=0', '--ccp-alpha=1e-3', '--seed=7', '--holdout=0', '--criterion=entropy'];
    expect(await parse('--engine=ml-cart', ...numbers, ...others)).toEqual({
      ...defaultParameters,
      engine: 'ml-cart',
      criterion: 'entropy',
      maxDepth: 1,
      minSamplesSplit: 2,
      minSamplesLeaf: 1,
      maxLeafNodes: 2,
      minImpurityDecrease: 0,
      classWeight: null,
      ccpAlpha: 0.001,
      seed: 7,
      holdout: 0,
    });
  });

  it('take auto for the alpha and balanced for the weights', async () => {
    expect(await parse('--ccp-alpha=auto', '--class-weight=balanced')).toMatchObject({
      ccpAlpha: 'auto',
      classWeight: 'balanced',
    });
  });

  it('take a weight per label, which may hold = and an escaped comma', async () => {
    expect((await parse('--class-weight', String.raw`a=2,x=y=.5,p\,q=1e1`)).classWeight).toEqual(
      new Map([
        ['a', 2],
        ['x=y', 0.5],
        ['p,q', 10],
      ]),
    );
  });

  it.each([
    ['--max-depth=0', 'expected an integer of at least 1, found "0"'],
    ['--max-leaf-nodes=1', 'expected an integer of at least 2, found "1"'],
    ['--min-samples-split=1', 'expected an integer of at least 2, found "1"'],
    ['--min-samples-leaf=0.5', 'expected an integer of at least 1, found "0.5"'],
    ['--min-impurity-decrease=-1', 'expected a number of at least 0, found "-1"'],
    ['--holdout=-0.1', 'expected a number of at least 0, found "-0.1"'],
    ['--seed=-1', 'expected an integer of at least 0, found "-1"'],
    ['--ccp-alpha=-1', 'expected a number of at least 0, or auto, found "-1"'],
    ['--ccp-alpha=1e999', 'expected a number of at least 0, or auto, found "1e999"'],
    ['--class-weight=a', 'expected balanced, or label=weight with a weight above 0, found "a"'],
    ['--class-weight=a=1,b=0', 'expected balanced, or label=weight with a weight above 0, found "b=0"'],
    ['--class-weight=a=1,', 'expected balanced, or label=weight with a weight above 0, found ""'],
    ['--class-weight=a=1,a=2', 'expected one weight per class, found two of "a"'],
    ['--criterion=mse', 'Expected --criterion=mse to be one of: gini, entropy'],
    ['--engine=c45', 'Expected --engine=c45 to be one of: cart, forest, ml-cart'],
  ])('refuse %s', async (flag, message) => {
    await expect(parse(flag)).rejects.toThrow(message);
  });
});
