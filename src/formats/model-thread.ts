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

export interface UnreadModel {
  /** In messages, and of the file where there are no bytes. */
  readonly name: string;
  /** What was downloaded; it is moved to the thread. */
  readonly bytes?: Buffer;
  /** As of `readSignedModel`. */
  readonly hashes?: readonly string[] | undefined;
}

/**
 * Reads and checks a model on a thread of its own, which ends with it.
 *
 * @param bytes about how large the file is
 * @param signal ends the thread
 * @throws InputError, ArtifactError as `readModel`; the signal's reason once it is aborted
 */
export async function readOnThread(
  model: UnreadModel,
  bytes: number,
  signal: AbortSignal | undefined,
  script: URL = WORKER,
): Promise<PackedModel> {
  const heapMb = Math.ceil(HEAP_MB + (HEAP_PER_BYTE * bytes) / MB);
  const resourceLimits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 8 };
  const transfer = model.bytes === undefined ? [] : [model.bytes.buffer as ArrayBuffer];
  const settings = { name: 'the thread that reads the model', data: model, transfer, resourceLimits };
  try {
    return await runTask(script, settings, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    throw new ArtifactError(
      'too-large',
      `${model.name}: expected a model that can be read in ${heapMb} MB of heap, found a larger one`,
      {
        cause: error,
      },
    );
  }
}
