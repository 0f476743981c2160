/**
 * `iris health` as the image asks it: without a flag, through the health socket. It is a second process within the
 * container's limit of memory, so it loads neither the command line nor gRPC.
 * Why: docs/decisions/a-socket-for-health.md
 */
import { askHealthSocket } from '../client/health-socket.js';
import { UnavailableError } from '../ground/errors.js';
import { printable } from '../ground/quote.js';

const TIMEOUT_MS = 2000;

/** In place of the one in main.ts, with the same words and exit codes. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  const socket = process.env['IRIS_HEALTH_SOCKET'] ?? '';
  try {
    const status = await askHealthSocket(socket, '', { timeoutMs: TIMEOUT_MS });
    process.stdout.write(`${status}\n`);
    if (status === 'SERVING') return 0;
    process.stderr.write(`the server: expected SERVING, found ${status}\n`);
    return 1;
  } catch (error) {
    if (!(error instanceof UnavailableError)) {
      // A name that is none: the whole command says what is wrong with it.
      const whole = await import('./main.js');
      return whole.main(argv, root);
    }
    process.stderr.write(`${printable(error.message)}\n`);
    return 1;
  }
}
