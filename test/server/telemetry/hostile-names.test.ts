import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createObservedServer } from '../../../src/server/life/observed-server.js';
import { writeMetrics } from '../../../src/server/telemetry/prometheus.js';
import { hostileNames } from '../../arbitraries/hostile-text.js';
import { irisModel } from '../models.js';
import { afterTest, flower, recordLog, TestClient } from '../serving.js';

/**
 * Labels by metric, from a reader of
 * https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md that takes every line by itself.
 */
function readLabels(text: string): Map<string, Map<string, string>[]> {
  const found = new Map<string, Map<string, string>[]>();
  const escapes: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };
  for (const line of text.split('\n')) {
    if (line === '' || /^# (?:HELP|TYPE) \w+ /.test(line)) continue;
    const sample = /^(\w+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\[\\"n])*",?)*)\})? (?:[-+\d.e]+|[-+]?Inf|Na[nN])$/.exec(line);
    if (sample === null) throw new Error(`no line of the format: ${line.slice(0, 200)}`);
    const labels = [...(sample[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, name, value]) => [name, value.replaceAll(/\\(.)/g, (_, escaped) => escapes[escaped])] as const,
    );
    found.set(sample[1], [...(found.get(sample[1]) ?? []), new Map(labels)]);
  }
  return found;
}

it('labels of metrics are the names, whatever is in them', async () => {
  await fc.assert(
    fc.asyncProperty(hostileNames, async (name) => {
      const text = await writeMetrics([
        { name: 'rows_total', help: 'Rows.', type: 'counter', values: [{ labels: { class: name }, value: 1 }] },
      ]);
      expect(readLabels(text)).toEqual(new Map([['rows_total', [new Map([['class', name]])]]]));
    }),
    { numRuns: 50 },
  );
});

it('a server of hostile names has metrics that read back, and a log of one line per event', async () => {
  const [name, label] = ['iris"} 1\nup 0 {x="', 'no\nup 1\n# TYPE up gauge\n\\"}\u001b[2J'];
  const { lines, log } = recordLog();
  const model = irisModel({ classes: [label, 'b', 'c'] });
  const server = await createObservedServer({ model, name, port: 0, log });
  afterTest(() => server.forceClose());
  await new TestClient(server.address).call('iris', 'PredictIrisSpecies', flower);
  const labels = readLabels(await server.metrics());
  expect(labels.get('iris_model_info')).toEqual([
    new Map([
      ['name', name],
      ['version', model.version],
      ['engine', 'cart/1'],
    ]),
  ]);
  expect(labels.get('iris_predicted_rows_total')).toContainEqual(new Map([['class', label]]));
  expect(labels.has('up')).toBe(false);
  expect(lines.every(({ msg }) => typeof msg === 'string')).toBe(true);
});
