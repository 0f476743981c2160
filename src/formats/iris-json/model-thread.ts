import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ArtifactError, InputError } from '../../ground/errors.js';
import { packageFile } from '../../ground/package-files.js';
import type { PackedModel } from '../../model/packed-model.js';

/** What a thread that reads a model is told. */
export interface ModelQuestion {
  readonly path: string;
}

export type ModelAnswer =
  | { readonly packed: PackedModel }
  | { readonly refusal: { readonly name: string; readonly message: string } };

const WORKER = packageFile('formats/iris-json/model-worker.js');

const MB = 1024 * 1024;
/**
 * How far the heap of the thread may grow: names and histograms lie there, up to about five times as large as they are in
 * the file. The file itself and the tree lie outside, where they take as much as there is of them.
 */
const HEAP_MB = 48;
const HEAP_PER_BYTE = 5;

/** A thread runs a file of the built package, which is not there beside its sources. */
export function canReadOnThread(script: URL = WORKER): boolean {
  return existsSync(fileURLToPath(script));
}

/**
 * Reads and checks a model on a thread of its own, which ends with it.
 *
 * @param bytes about how large the file is
 * @param signal ends the thread
 * @throws InputError, ArtifactError as `readModel`; the signal's reason once it is aborted
 */
export async function readOnThread(
  path: string,
  bytes: number,
  signal: AbortSignal | undefined,
  script: URL = WORKER,
): Promise<PackedModel> {
  signal?.throwIfAborted();
  const heapMb = Math.ceil(HEAP_MB + (HEAP_PER_BYTE * bytes) / MB);
  const worker = new Worker(script, {
    workerData: { path } satisfies ModelQuestion,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 8 },
  });
  const end = () => void worker.terminate();
  signal?.addEventListener('abort', end);
  try {
    return packedOf(await answerOf(worker));
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    throw new ArtifactError(`${path}: expected a model that can be read in ${heapMb} MB of heap, found a larger one`, {
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

function answerOf(worker: Worker): Promise<ModelAnswer> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that reads the model ended early, with code ${code}`)));
  });
}

/** An error loses its class on the way from a thread, but not its name. */
function packedOf(answer: ModelAnswer): PackedModel {
  if ('packed' in answer) return answer.packed;
  const { message, name } = answer.refusal;
  throw name === InputError.name ? new InputError(message) : new ArtifactError(message);
}
