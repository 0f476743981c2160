import { BaseCommand } from '../cli/base-command.js';
import { clientTls } from '../cli/client-tls.js';
import { clientTlsFlags, durationFlag, healthSocketFlag, hostFlag, portFlag } from '../cli/flags.js';
import { Flags } from '../cli/oclif.js';
import { checkHealth } from '../client/health.js';
import { askHealthSocket } from '../client/health-socket.js';
import { CheckFailedError, RequestError, UnavailableError } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';
import { DEFAULT_PORT } from '../protocol/services.js';

/** Flags that say where the server is. */
const addressFlags: readonly string[] = ['host', 'port', 'tls-ca', 'tls-cert', 'tls-key'];

export default class Health extends BaseCommand {
  static override description =
    'Asks over grpc.health.v1, once; through the health socket where there is one and neither host, port nor TLS is given.';
  static override summary = 'Ask a server whether it serves: exit 0 if it does, 1 if not.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --host localhost --port 50052',
    '<%= config.bin %> <%= command.id %> --service ml.IrisPredictor',
  ];
  static override flags = {
    'health-socket': healthSocketFlag('The socket through which a server on this machine tells its health.'),
    host: hostFlag({ default: 'localhost', description: 'Where the server is.' }),
    // A container whose port was changed by the variable is checked there.
    port: portFlag({ default: DEFAULT_PORT, description: 'Port of the server.', env: 'IRIS_LISTEN_PORT' }),
    service: Flags.string({
      default: '',
      description: 'A service or a model. Default: the whole server.',
      helpValue: 'NAME',
    }),
    timeout: durationFlag({ defaultMs: 2000, description: 'How long to wait for the answer.' }),
    ...clientTlsFlags,
  };

  override async run(): Promise<void> {
    const { flags, raw } = await this.parse(Health);
    const { 'health-socket': socket, host, port, service, timeout: timeoutMs } = flags;
    const options = { timeoutMs, signal: this.signal };
    const hasAddress = raw.some((token) => token.type === 'flag' && addressFlags.includes(token.flag));
    const answer =
      socket === undefined || hasAddress
        ? checkHealth({ host, port, tls: await clientTls(flags) }, service, options)
        : askHealthSocket(socket, service, options);
    const status = await answer.catch(sayNo);
    await this.show({ status }, () => `${status}\n`);
    if (status !== 'SERVING')
      throw new CheckFailedError(
        `${service === '' ? 'the server' : nameInWords(service)}: expected SERVING, found ${status}`,
      );
  }
}

/** A server that does not answer is not serving. */
function sayNo(error: unknown): never {
  const answered = error instanceof UnavailableError || error instanceof RequestError;
  throw answered ? new CheckFailedError(error.message, { cause: error }) : error;
}
