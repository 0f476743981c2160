import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import { runSteps } from '../../../src/model/steps.js';
import { nextTurn } from '../../../src/server/calls/turns.js';
import { ModelTable } from '../../../src/server/models/model-table.js';
import { preparing } from '../../../src/server/models/served-model.js';
import { Shadows } from '../../../src/server/models/shadows.js';
import { irisModel } from '../models.js';
import { recordLog } from '../serving.js';
import { first, second, third } from './folder.js';

const flower = Float64Array.of(5, 3.6, 1.3, 0.25);

async function shadowed(share: number, shadowModel = second) {
  const { line, log } = recordLog();
  const shadows = new Shadows([{ alias: 'canary', share }], log);
  const [standard, shadow, other] = [first, shadowModel, third].map((model) =>
    runSteps(preparing(model, 'iris', shadows.around())),
  );
  const table = new ModelTable('iris');
  const serve = (standing = standard!) =>
    table.set({
      name: 'iris',
      served: [standard!, shadow!, other!],
      standard: standing,
      aliases: new Map([['canary', shadow!]]),
      problems: [],
    });
  shadows.follow(table);
  serve();
  const ask = (calls: number, served = standard!) => {
    for (let call = 0; call < calls; call++) served.classifier.labelsInto(flower, 1, new Int32Array(1));
  };
  const settled = async () => {
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    return shadows.counts;
  };
  return { ask, line, other: other!, serve, settled, shadow: shadow! };
}

const rowsOf = (counts: Awaited<ReturnType<Awaited<ReturnType<typeof shadowed>>['settled']>>) =>
  counts.map(({ classes, version }) => [version, [...classes.values()].reduce((sum, { rows }) => sum + rows, 0)]);

describe('shadows', () => {
  it('are asked exactly the share of the calls, and only of the version that answers by default', async () => {
    const { ask, line, settled, shadow } = await shadowed(0.25);
    await line('shadow compared');
    ask(100);
    ask(100, shadow);
    expect(rowsOf(await settled())).toEqual([[first.version, 25]]);
  });

  it('begin again with another version that answers, and end where it is the shadow itself', async () => {
    const { ask, line, other, serve, settled, shadow } = await shadowed(1);
    await line('shadow compared');
    ask(3);
    await settled();
    serve(other);
    await settled();
    ask(2, other);
    expect(rowsOf(await settled())).toEqual([[third.version, 2]]);
    serve(shadow);
    ask(2, shadow);
    expect(await settled()).toEqual([]);
  });

  it('drop what comes while 8 MB wait, and count it', async () => {
    const { ask, line, settled } = await shadowed(1);
    await line('shadow compared');
    ask(50_000);
    const [counts] = await settled();
    expect(counts!.dropped).toBe(50_000 - Math.floor(2 ** 20 / (4 + 24)));
  });

  it('say once that one cannot be compared', async () => {
    const features = ['a', 'b', 'c', 'd'].map((name) => [name, 1] as const);
    const { ask, line, settled } = await shadowed(1, irisModel({ features }));
    expect(
      await line('shadow not compared: it asks for features that the version that answers does not have'),
    ).toMatchObject({ level: 40, model: 'iris', version: first.version });
    ask(1);
    expect(await settled()).toEqual([]);
  });

  it('change no answer', async () => {
    const { settled, other } = await shadowed(1);
    const [ours, plain] = [other.classifier, createClassifier(third)].map((classifier) => {
      const answers = { labels: new Int32Array(1), shares: new Float64Array(3), leaves: new Int32Array(1) };
      classifier.answerInto(flower, 1, answers);
      return answers;
    });
    expect(ours).toEqual(plain);
    await settled();
  });
});
