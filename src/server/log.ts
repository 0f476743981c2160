import { setLogger } from '@grpc/grpc-js';
import { type Logger, pino } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on stderr, written at once: nothing is lost when the process ends. */
export function createLogger(level: LogLevel): Logger {
  return pino({ base: null, level }, pino.destination({ dest: 2, sync: true }));
}

/** For a server that is part of another program. */
export function silentLogger(): Logger {
  return pino({ enabled: false });
}

/** The gRPC library's own lines would stand between ours, in another form; what matters in them is thrown too. */
export function quietLibrary(log: Logger): void {
  const asDebug = (...line: unknown[]) => log.debug(line.join(' '));
  setLogger({ error: asDebug, info: asDebug, debug: asDebug });
}
