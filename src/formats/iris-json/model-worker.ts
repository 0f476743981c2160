/** A thread that reads one model, checks it, and gives it packed. */
import { parentPort, workerData } from 'node:worker_threads';
import { ArtifactError, InputError } from '../../ground/errors.js';
import type { Model } from '../../model/model.js';
import { packModel } from '../../model/packed-model.js';
import { parseModel } from './format.js';
import { withModelFile } from './model-file.js';
import type { ModelAnswer, ModelQuestion } from './model-thread.js';

const { path } = workerData as ModelQuestion;
try {
  const packed = packModel(await readChecked());
  parentPort!.postMessage({ packed } satisfies ModelAnswer, [packed]);
} catch (error) {
  if (!(error instanceof ArtifactError || error instanceof InputError)) throw error;
  const { message, name } = error;
  parentPort!.postMessage({ refusal: { name, message } } satisfies ModelAnswer);
}

/** A function of its own: the file's bytes are garbage when it returns. */
function readChecked(): Promise<Model> {
  return withModelFile(path, async (file) => parseModel(await file.read(), path));
}
