import type { ChildProcess } from 'node:child_process';

/** What node:cluster sends with a connection that it hands to a worker, and what comes back when the worker has it. */
interface HandOff {
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

interface Handle {
  close(): void;
}

/**
 * Closes connections that were handed to a worker which ended before it took them. node:cluster keeps its copy of such a
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
