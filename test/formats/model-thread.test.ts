import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { largeModelParts } from '../../bench/peers/large-model.js';
import { assembleModel, serializeModel } from '../../src/formats/iris-json/format.js';
import { readOnThread } from '../../src/formats/model-thread.js';
import { sha256 } from '../../src/formats/signature.js';
import { ArtifactError, InputError } from '../../src/ground/errors.js';
import { unpacking } from '../../src/model/packed-model.js';
import { runSteps } from '../../src/model/steps.js';
import { sealed } from './iris-json/document.js';

/** A thread runs what was built. */
const SCRIPT = new URL('../../dist/formats/model-worker.js', import.meta.url);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-thread-'));
});
afterEach(() => rm(folder, { recursive: true }));

const model = assembleModel(largeModelParts(20_001));

async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'model.json');
  await writeFile(path, content);
  return path;
}

describe('a model that is read on a thread', () => {
  it('is the one that was written', async () => {
    const path = await fileOf(serializeModel(model));
    const read = runSteps(unpacking(await readOnThread({ name: path }, 1_000_000, undefined, SCRIPT)));
    expect(read).toEqual(model);
  });

  it('is refused as anywhere', async () => {
    const path = await fileOf(serializeModel(model).replace('"setosa"', '"SETOSA"'));
    const error = await readOnThread({ name: path }, 1_000_000, undefined, SCRIPT).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(ArtifactError);
    expect((error as Error).message).toMatch(`${path}: sha256: expected `);
    await expect(readOnThread({ name: join(folder, 'none') }, 0, undefined, SCRIPT)).rejects.toThrow(
      new InputError(`${join(folder, 'none')}: cannot be read: no such file or directory`),
    );
  });

  it('is the one that was downloaded, whose bytes are moved', async () => {
    const bytes = Buffer.from(serializeModel(model));
    const unread = { name: 'https://h/m.json', bytes };
    const read = runSteps(unpacking(await readOnThread(unread, bytes.byteLength, undefined, SCRIPT)));
    expect(read).toEqual(model);
    expect(bytes.byteLength).toBe(0);
  });

  it('is the one that was signed, or none', async () => {
    const text = serializeModel(model);
    const path = await fileOf(text);
    const read = async (hash: string, from: object) => {
      const unread = { name: path, hashes: ['ab', hash], ...from };
      return runSteps(unpacking(await readOnThread(unread, text.length, undefined, SCRIPT)));
    };
    for (const from of [{}, { bytes: Buffer.from(text) }])
      expect(await read(sha256(Buffer.from(text)), from)).toEqual(model);
    for (const from of [{}, { bytes: Buffer.from(text) }]) {
      await expect(read('cd', from)).rejects.toThrow(
        new ArtifactError(
          'signature',
          `${path}: expected the file that was signed, SHA-256 ab or cd, found ${sha256(Buffer.from(text))}`,
        ),
      );
    }
  });

  it('ends with the thread when nobody wants it any more', async () => {
    const path = await fileOf(serializeModel(model));
    const abort = new AbortController();
    const reading = readOnThread({ name: path }, 1_000_000, abort.signal, SCRIPT);
    const reason = new Error('no longer');
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(readOnThread({ name: path }, 1_000_000, abort.signal, SCRIPT)).rejects.toBe(reason);
  });

  it('is refused where it needs more heap than its size allows, and the process lives on', async () => {
    // Features lie in the heap: 200 of them with a thousand bins of sixteen classes.
    const path = await fileOf(sealed(manyBins()));
    await expect(readOnThread({ name: path }, 0, undefined, SCRIPT)).rejects.toThrow(
      new ArtifactError('too-large', `${path}: expected a model that can be read in 48 MB of heap, found a larger one`),
    );
  });
});

function manyBins() {
  const classes = Array.from({ length: 16 }, (_, index) => `class ${index}`);
  const row = [...Array(15).fill(0), 1];
  const parts = JSON.parse(serializeModel(assembleModel(largeModelParts(1))));
  const histogram = { edges: Array.from({ length: 1001 }, (_, index) => index), counts: Array(1000).fill(row) };
  const summary = { min: 0, max: 1000, spread: 1, missing: 0, histogram };
  const names = Array.from({ length: 400 }, (_, index) => `f${index}`);
  const { combine, trees } = parts.model;
  return {
    ...parts,
    classes,
    features: names.map((name) => ({ name, kind: 'number', missing: false })),
    model: {
      ...parts.model,
      combine: { ...combine, outputs: 16 },
      trees: [{ ...trees[0], value: [15], rows: [1000] }],
    },
    provenance: {
      ...parts.provenance,
      training: { ...parts.provenance.training, rows: { train: 1000, holdout: 0 } },
      partition: { rule: 'hash-rank/2', cuts: classes.map(() => null) },
      summaries: names.map(() => summary),
    },
  };
}
