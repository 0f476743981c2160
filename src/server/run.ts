import type { EventEmitter } from 'node:events';
import { setLogger } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { completeOptions, type ServerOptions } from './options.js';
import { createServer, type RunningServer } from './server.js';

/**
 * Runs a server until a signal ends it: SIGTERM or SIGINT drains, a second one forces, SIGHUP reloads the model.
 *
 * @param signals where signals are heard: the process
 */
export async function runServer(options: ServerOptions, signals: EventEmitter = process): Promise<void> {
  // The first process of a container has no default handlers: signals are heard before the model is loaded.
  const listener = listenForSignals(signals);
  try {
    const server = await start(options);
    await listener.untilStopped(server);
  } finally {
    listener.close();
  }
}

async function start(options: ServerOptions): Promise<RunningServer> {
  const { log, ...configuration } = completeOptions(options);
  quietLibrary(log);
  const { model: source, observers, onReload, ...told } = configuration;
  const file = typeof source === 'string' ? source : undefined;
  log.info({ file, ...told }, 'configuration');
  const server = await createServer(options);
  const { address, current, port } = server;
  // Milliseconds since the process began.
  const readyMs = Math.round(performance.now());
  log.info({ address, port, model: current.name, version: current.model.version, file, readyMs }, 'ready');
  return server;
}

/** The library's own lines would stand between ours, in another form; what matters in them is thrown too. */
function quietLibrary(log: Logger): void {
  const asDebug = (...line: unknown[]) => log.debug(line.join(' '));
  setLogger({ error: asDebug, info: asDebug, debug: asDebug });
}

function listenForSignals(signals: EventEmitter) {
  let server: RunningServer | undefined;
  let stops = 0;
  let stopped = () => {};
  const end = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const stop = () => {
    if (server && stops > 0) void (stops > 1 ? server.forceClose() : server.close()).then(stopped);
  };
  const onStop = () => {
    stops++;
    stop();
  };
  const onReload = () => void server?.reload();
  signals.on('SIGTERM', onStop).on('SIGINT', onStop).on('SIGHUP', onReload);
  return {
    untilStopped(running: RunningServer): Promise<void> {
      server = running;
      stop();
      return end;
    },
    close: () => signals.off('SIGTERM', onStop).off('SIGINT', onStop).off('SIGHUP', onReload),
  };
}
