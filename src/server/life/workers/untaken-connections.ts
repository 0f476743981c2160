import type { ChildProcess } from 'node:child_process';

/** The message with which node:cluster passes a connection to a worker, and the worker's answer. */
interface HandOff {
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

interface Handle {
  close(): void;
}

/**
 * Closes connections that were passed to a worker which ended before it accepted them. node:cluster keeps its copy of such a
 * connection for ever, open and unanswered; closed, its client can try again.
 */
export function closeUntakenConnections(worker: ChildProcess): void {
  // One that could not be started has no channel.
  if (!worker.connected) return;
  const untaken = new Map<number, Handle>();
  const send = worker.send.bind(worker) as (...args: unknown[]) => boolean;
  worker.send = (...args: unknown[]) => {
    const [message, handle] = args as [HandOff, Handle?];
    if (message.act === 'newconn' && message.seq !== undefined && handle) untaken.set(message.seq, handle);
    return send(...args);
  };
  worker.on('internalMessage', ({ ack }: HandOff) => {
    if (ack !== undefined) untaken.delete(ack);
  });
  worker.once('exit', () => {
    for (const handle of untaken.values()) handle.close();
    untaken.clear();
  });
}
