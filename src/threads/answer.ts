/** The other side of `Thread`: called by a thread's script. An error ends the thread and fails its callers. */
import { parentPort, type Transferable, workerData } from 'node:worker_threads';

export interface Reply<Answer> {
  readonly answer: Answer;
  /** Moved, not copied. */
  readonly transfer?: readonly Transferable[];
}

/** Answers the data that the thread began with. */
export async function answerOnce<Data, Answer>(
  reply: (data: Data) => Reply<Answer> | Promise<Reply<Answer>>,
): Promise<void> {
  send(await reply(workerData as Data));
}

/** Answers each message, one after another; null: a message that has no answer. */
export function answerEach<Message, Answer>(reply: (message: Message) => Reply<Answer> | null): void {
  parentPort!.on('message', (message: Message) => {
    const replied = reply(message);
    if (replied !== null) send(replied);
  });
}

function send<Answer>({ answer, transfer }: Reply<Answer>): void {
  parentPort!.postMessage(answer, transfer);
}
