import { BaseCommand } from '../cli/base-command.js';
import { clientTls } from '../cli/client-tls.js';
import { clientTlsFlags, durationFlag, hostFlag, portFlag } from '../cli/flags.js';
import { Flags } from '../cli/oclif.js';
import { checkHealth } from '../client/health.js';
import { CheckFailedError, RequestError, UnavailableError } from '../errors.js';
import { DEFAULT_PORT } from '../protocol/services.js';
import { nameInWords } from '../quote.js';

export default class Health extends BaseCommand {
  static override description = 'Asks over grpc.health.v1, once.';
  static override summary = 'Ask a server whether it serves: exit 0 if it does, 1 if not.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --host localhost --port 50052',
    '<%= config.bin %> <%= command.id %> --service ml.IrisPredictor',
  ];
  static override flags = {
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
    const { flags } = await this.parse(Health);
    const { host, port, service, timeout: timeoutMs } = flags;
    const options = { timeoutMs, signal: this.signal };
    const tls = await clientTls(flags);
    const status = await checkHealth({ host, port, tls }, service, options).catch(sayNo);
    await this.show({ status }, () => `${status}\n`);
    if (status !== 'SERVING')
      throw new CheckFailedError(
        `${service === '' ? 'the server' : nameInWords(service)}: expected SERVING, found ${status}`,
      );
  }
}

/** A server that cannot answer does not serve. */
function sayNo(error: unknown): never {
  const answered = error instanceof UnavailableError || error instanceof RequestError;
  throw answered ? new CheckFailedError(error.message, { cause: error }) : error;
}
