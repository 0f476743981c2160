import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serializeModel } from '../../../src/formats/registry.js';
import type { Model } from '../../../src/model/model.js';
import { irisModel } from '../models.js';
import { afterTest } from '../serving.js';

/** Models of iris that differ, and so do their versions. */
export const [first, second, third] = [2.5, 2.6, 2.7].map((threshold) => irisModel({ threshold })) as [
  Model,
  Model,
  Model,
];

/** A folder of models that is gone after the test. */
export class ModelFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'iris-models-'));

  constructor(files: Readonly<Record<string, Model | string>> = {}) {
    afterTest(() => rmSync(this.path, { recursive: true, force: true }));
    for (const [file, content] of Object.entries(files)) this.put(file, content);
  }

  /** Whole, or not at all. */
  put(file: string, content: Model | string): void {
    const path = join(this.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, typeof content === 'string' ? content : serializeModel(content));
    renameSync(`${path}.new`, path);
  }

  remove(path: string): void {
    rmSync(join(this.path, path), { recursive: true });
  }
}
