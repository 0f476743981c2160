import { abortSignal, checkOptions, required, someText } from '../ground/options.js';
import type { Model } from '../model/model.js';
import { unpacking } from '../model/packed-model.js';
import { type PredictingModel, predicting } from '../model/predicting-model.js';
import { runStepsInTurns } from '../model/steps.js';
import { withModelFile } from './model-file.js';
import { canReadOnThread, readOnThread } from './model-thread.js';
import { readModelBytes, serializeModel } from './registry.js';
import { writeWholeFile } from './whole-file.js';

/**
 * From here on a thread is started: it takes forty milliseconds to begin, and these take ten to be read.
 * Why: docs/decisions/models-are-read-where-they-lie.md
 */
const THREAD_FROM_BYTES = 256 * 1024;

/**
 * A large file is read and checked on a thread, which can be ended and has a limit of its own: this one goes on with what
 * it does.
 *
 * @param path a regular file, or a link to one
 * @param signal ends the reading
 * @throws UsageError for a path that is no text, and for a signal that is none
 * @throws InputError when it is missing, unreadable, or no regular file
 * @throws ArtifactError when it is no model that can be trusted
 * @throws the signal's reason once it is aborted
 */
export async function readModel(path: string, signal?: AbortSignal): Promise<PredictingModel> {
  checkOptions({ path, signal }, { path: required(someText), signal: abortSignal });
  const found = await withModelFile(path, async (file) => {
    if (file.bytes >= THREAD_FROM_BYTES && canReadOnThread()) return file.bytes;
    return readModelBytes(await file.read(), path);
  });
  if (typeof found !== 'number') return found;
  return predicting(await runStepsInTurns(unpacking(await readOnThread(path, found, signal)), signal));
}

/** As `readModel`, with the text of the file. */
export async function readArtifact(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly model: Model; readonly text: string }> {
  const model = await readModel(path, signal);
  const text = await withModelFile(path, async (file) => (await file.read()).toString());
  return { model, text };
}

/**
 * Writes the whole file or nothing, as `writeWholeFile` does.
 *
 * @throws UsageError for a path that is no text
 * @throws OutputError
 */
export async function writeModel(path: string, model: Model): Promise<void> {
  checkOptions({ path }, { path: required(someText) });
  await writeWholeFile(path, serializeModel(model));
}
