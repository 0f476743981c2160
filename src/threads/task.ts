/** A thread for one task: it begins with its data, answers once (`answerOnce`), and ends. */
import { Thread, type ThreadSettings } from './thread.js';

export interface ThreadTask<Answer> {
  /** @throws what the thread raised; the signal's reason once it is aborted, while the thread goes on until `stop` */
  result(signal?: AbortSignal): Promise<Answer>;
  /** Ends the thread, wherever it is. */
  stop(): Promise<void>;
}

export function startTask<Answer>(script: URL, settings: ThreadSettings): ThreadTask<Answer> {
  const thread = new Thread<never, Answer>(script, settings);
  const answer = thread.answer();
  return { result: (signal) => untilAborted(answer, signal), stop: () => thread.stop() };
}

/** The answer of a thread that has ended. @throws what the thread raised; the signal's reason once it is aborted */
export async function runTask<Answer>(script: URL, settings: ThreadSettings, signal?: AbortSignal): Promise<Answer> {
  signal?.throwIfAborted();
  const task = startTask<Answer>(script, settings);
  try {
    return await task.result(signal);
  } finally {
    await task.stop();
  }
}

/** What a promise gives. @throws what it rejects with; the signal's reason once it is aborted */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
