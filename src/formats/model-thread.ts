import { ArtifactError } from '../ground/errors.js';
import { threadScript } from '../ground/package-files.js';
import type { PackedModel } from '../model/packed-model.js';
import { runTask } from '../threads/task.js';
import { canRunThread } from '../threads/thread.js';

const WORKER = threadScript('formats/model-worker.js');

const MB = 1024 * 1024;
/**
 * How far the heap of the thread may grow: names and histograms lie there, up to about five times as large as they are in
 * the file. The file itself and the tree lie outside, where they take as much as there is of them.
 */
const HEAP_MB = 48;
const HEAP_PER_BYTE = 5;

export function canReadOnThread(): boolean {
  return canRunThread(WORKER);
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
  const heapMb = Math.ceil(HEAP_MB + (HEAP_PER_BYTE * bytes) / MB);
  const resourceLimits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 8 };
  try {
    return await runTask(script, { name: 'the thread that reads the model', data: path, resourceLimits }, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    throw new ArtifactError(
      'too-large',
      `${path}: expected a model that can be read in ${heapMb} MB of heap, found a larger one`,
      {
        cause: error,
      },
    );
  }
}
