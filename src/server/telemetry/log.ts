import { setLogger } from '@grpc/grpc-js';
import { type Logger, pino } from 'pino';
import { LineOutput, sinkOf } from './line-output.js';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

let stderrLines: LineOutput | undefined;

/** What this process writes its log to: one for all loggers, so that lines stay in order. */
export function logOutput(): LineOutput {
  stderrLines ??= openStderr();
  return stderrLines;
}

/** Lines of the log that could not be written so far. */
export function droppedLogLines(): number {
  return stderrLines?.dropped ?? 0;
}

function openStderr(): LineOutput {
  // Its first use makes a pipe or socket non-blocking.
  process.stderr;
  const output = new LineOutput(sinkOf(2));
  process.on('exit', () => output.finish());
  return output;
}

/**
 * JSON lines on stderr, written at once where that is possible, else as `LineOutput` does: calls never wait for the reader
 * of the log.
 *
 * @param fields of every line
 */
export function createLogger(level: LogLevel, fields: Readonly<Record<string, unknown>> | null = null): Logger {
  const output = logOutput();
  const log = pino({ base: fields, level }, output);
  output.onRecovery = (lines) => log.warn({ lines }, 'log lines lost: they could not be written');
  return log;
}

/** For a server that is part of another program. */
export function silentLogger(): Logger {
  return pino({ enabled: false });
}

/** The gRPC library's own lines have another form; what matters in them is thrown as an error too. */
export function quietLibrary(log: Logger): void {
  const asDebug = (...line: unknown[]) => log.debug(line.join(' '));
  setLogger({ error: asDebug, info: asDebug, debug: asDebug });
}
