import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { iris, ROOT, type RunningServer, serve } from './cli.js';

const TABLE = join(ROOT, 'data/iris.csv');
const FLOWER = ['5.0', '3.6', '1.3', '0.25'];

let folder: string;
let server: RunningServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-main-job-'));
});

afterEach(async () => {
  await server?.stop();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** The class of each row by the ten lines that the artifact's documentation describes. */
function walkRows(artifact: string, csv: string): string[] {
  const { classes, model } = JSON.parse(artifact);
  const { feature, threshold, value } = model.trees[0];
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const values = line.split(',').map(Number);
      let [node, split, leaf] = [0, 0, 0];
      /** Passes the branch that begins at the node. */
      const skip = () => {
        for (let open = 1; open > 0; node++) {
          if (feature[node] < 0) leaf++;
          else split++;
          open += feature[node] < 0 ? -1 : 1;
        }
      };
      while (feature[node] >= 0) {
        const goesLeft = values[feature[node++]]! <= threshold[split++];
        if (!goesLeft) skip();
      }
      const counts = value[leaf];
      return classes[Array.isArray(counts) ? counts.indexOf(Math.max(...counts)) : counts];
    });
}

describe('the main job, in an empty folder', () => {
  it('trains the committed artifact, evaluates it, serves it, predicts with it, and stops cleanly', async () => {
    const trained = await iris(['train'], { cwd: folder });
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    expect(trained.stdout).toContain('trained on 120 of 150 rows of iris.csv');
    const artifact = await readFile(join(folder, 'artifacts/iris.json'), 'utf8');
    expect(artifact).toBe(await readFile(join(ROOT, 'artifacts/iris.json'), 'utf8'));

    const evaluated = await iris(['evaluate', '--json'], { cwd: folder });
    const { rows, scored, confusion, metrics } = JSON.parse(evaluated.stdout);
    expect({ rows, scored }).toEqual({ rows: 30, scored: 'holdout' });
    const right = confusion.reduce((sum: number, row: number[], index: number) => sum + row[index]!, 0);
    expect(metrics.accuracy).toBe(right / 30);
    expect(metrics.accuracy).toBe(JSON.parse(artifact).provenance.metrics.holdout.accuracy);

    server = await serve([], { cwd: folder });
    const asked = await iris(['predict', ...FLOWER, '--port', String(server.port), '--json', '--explain']);
    expect(JSON.parse(asked.stdout)).toEqual([
      {
        label: 'setosa',
        classIndex: 0,
        probabilities: [
          { class: 'setosa', share: 1 },
          { class: 'versicolor', share: 0 },
          { class: 'virginica', share: 0 },
        ],
        path: [
          {
            feature: 'petal_length',
            value: 1.3,
            threshold: 2.45,
            wentLeft: true,
            samples: 120,
            words: 'petal_length 1.3 <= 2.45',
          },
        ],
        modelVersion: JSON.parse(artifact).sha256.slice(0, 12),
      },
    ]);
    const healthy = await iris(['health', '--port', String(server.port)]);
    expect(healthy).toMatchObject({ code: 0, stdout: 'SERVING\n' });
    expect(await server.stop()).toBe(0);
    server = undefined;
  });

  it('predicts every flower as a walk of the artifact does, over the wire and in process', async () => {
    const artifact = join(ROOT, 'artifacts/iris.json');
    const expected = walkRows(await readFile(artifact, 'utf8'), await readFile(TABLE, 'utf8'));
    server = await serve(['--model', artifact]);
    const remote = await iris(['predict', '--file', TABLE, '--format', 'csv', '--port', String(server.port)]);
    const local = await iris(['predict', '--file', TABLE, '--format', 'csv', '--model', artifact]);
    expect(remote.stdout).toBe(local.stdout);
    const [header, ...lines] = local.stdout.trim().split('\n');
    expect(header).toBe('sepal_length,sepal_width,petal_length,petal_width,species,label');
    expect(lines.map((line) => line.split(',')[5])).toEqual(expected);
  });

  it('answers a client of ml.IrisPredictor with every field of the reply', async () => {
    server = await serve([]);
    const { ml } = loadPackageDefinition(
      loadSync(join(ROOT, 'proto/iris.proto'), { defaults: true, keepCase: true }),
    ) as unknown as { ml: { IrisPredictor: ServiceClientConstructor } };
    const client = new ml.IrisPredictor(`127.0.0.1:${server.port}`, credentials.createInsecure());
    const flower = { sepal_length: 6.3, sepal_width: 3.3, petal_length: 6, petal_width: 2.5, explain: true };
    const reply = await new Promise((resolve, reject) => {
      client['PredictIrisSpecies']?.(flower, (error: Error | null, value: unknown) =>
        error ? reject(error) : resolve(value),
      );
    });
    client.close();
    expect(reply).toEqual({
      species: 2,
      species_name: 'virginica',
      probabilities: [0, 0, 1],
      model_version: JSON.parse(await readFile(join(ROOT, 'artifacts/iris.json'), 'utf8')).sha256.slice(0, 12),
      path: [
        { feature: 'petal_length', value: 6, threshold: 2.45, went_left: false, samples: 120 },
        { feature: 'petal_width', value: 2.5, threshold: 1.75, went_left: false, samples: 80 },
      ],
    });
  });

  it('retrains another table with ml-cart and with our engine, and verifies both', async () => {
    const wine = join(ROOT, 'test/fixtures/reference/wine.csv');
    for (const engine of ['cart', 'ml-cart']) {
      const out = join(folder, `${engine}.json`);
      expect(await iris(['train', '--data', wine, '--engine', engine, '--out', out])).toMatchObject({ code: 0 });
      expect(await iris(['verify', out, '--data', wine])).toMatchObject({ code: 0 });
      const evaluated = await iris(['evaluate', '--model', out, '--data', wine, '--gate', 'accuracy>=0.8', '--json']);
      expect(JSON.parse(evaluated.stdout)).toMatchObject({ scored: 'holdout', gates: [{ passed: true }] });
    }
  });
});

it.each(['development', 'test', 'production'])(
  'runs the built command, without a word, where NODE_ENV is %s',
  async (mode) => {
    const run = await iris(['evaluate', '--model', join(ROOT, 'artifacts/iris.json')], { env: { NODE_ENV: mode } });
    expect(run.code).toBe(0);
    expect(run.stderr).toBe(`model: ${join(ROOT, 'artifacts/iris.json')} (--model)\n`);
  },
);
