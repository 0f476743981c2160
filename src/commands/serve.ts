import { BaseCommand } from '../cli/base-command.js';
import { readContract } from '../cli/contract-file.js';
import {
  durationFlag,
  expectModelFlag,
  fileFlag,
  healthSocketFlag,
  hostFlag,
  integerFlag,
  modelFlag,
  numberFlag,
  outputFlag,
  portFlag,
  verifyKeyFlag,
} from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { Flags, type InferredFlags } from '../cli/oclif.js';
import { withVariables } from '../cli/variables.js';
import { parseShares, shareFlag } from '../cli/version-share.js';
import { parseContract } from '../contract/proto-text.js';
import { isAddress, shownLocation } from '../formats/model-location.js';
import {
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_BATCH_ROWS,
  DEFAULT_MAX_CONCURRENT_CALLS,
  DEFAULT_MAX_CONCURRENT_STREAMS,
} from '../ground/limits.js';
import { packageFile } from '../ground/package-files.js';
import { DEFAULT_MODEL_NAME, DEFAULT_PORT } from '../protocol/services.js';
import { checkModels } from '../server/life/open-models.js';
import type { HttpOptions, ModelsOptions } from '../server/life/options.js';
import { completeOptions, serverTable } from '../server/life/options.js';
import type { RecordOptions } from '../server/life/recording.js';
import { runServer } from '../server/life/run.js';
import { CONTROL_MODES } from '../server/models/served-models.js';
import type { TlsSettings } from '../server/net/certificates.js';
import { createLogger, type LogLevel, logLevels } from '../server/telemetry/log.js';
import { OLDER } from '../server/telemetry/record-file.js';
import { traceSettings } from '../server/telemetry/trace-settings.js';

/** The largest record is twice as much. */
const DEFAULT_RECORD_BYTES = 100_000_000;

/** The bounds of an option of the server, for its flag. */
function boundsOf(option: 'port' | `max${'BatchRows' | 'ConcurrentCalls' | 'ConcurrentStreams' | 'MessageBytes'}`) {
  const { least, most } = serverTable[option];
  return { min: least, ...(most !== undefined && { max: most }) };
}

export default class Serve extends BaseCommand {
  static override description =
    'Answers predictions over gRPC, and over HTTP where it has a port, until it is told to stop.';

  static override enableJsonFlag = false;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --model artifacts/wine.json --name wine --port 0',
    '<%= config.bin %> <%= command.id %> --http-port 8080',
    '<%= config.bin %> <%= command.id %> --host 0.0.0.0 --tls-cert server.pem --tls-key server.key --watch',
  ];

  static override flags = withVariables({
    'allowed-hosts': Flags.string({
      delimiter: ',',
      description: 'Names that HTTP requests may be for. Default: this machine only on 127.0.0.1, elsewhere all names.',
      env: 'IRIS_ALLOWED_HOSTS',
      helpValue: 'NAMES',
      multiple: true,
      multipleNonGreedy: true,
    }),
    check: Flags.boolean({ description: 'Load and test the model, then exit.' }),
    contract: fileFlag({
      description:
        'Answer the typed contract that iris proto wrote; what the server loads as the model of --name has to fit it.',
      env: 'IRIS_CONTRACT',
    }),
    'drain-delay': durationFlag({ description: 'Keep answering this long after the signal.', defaultMs: 0 }),
    'expect-model': expectModelFlag,
    grace: durationFlag({ description: 'Time for a shutdown, the drain delay included.', defaultMs: DEFAULT_GRACE_MS }),
    'health-socket': healthSocketFlag('Tell iris health on this machine here: a path, or @name on Linux.'),
    host: hostFlag({
      description: 'Address to listen on, or unix:/path.',
      default: '127.0.0.1',
      env: 'IRIS_LISTEN_HOST',
    }),
    'http-keep-alive': durationFlag({
      defaultMs: 75_000,
      description: 'How long an idle HTTP connection is kept: longer than a load balancer does.',
      minMs: 1000,
    }),
    'http-port': integerFlag({
      description: 'Port for REST and the playground; none unless it is given; 0: any free one.',
      env: 'IRIS_HTTP_PORT',
      helpValue: 'PORT',
      ...boundsOf('port'),
    }),
    'log-level': Flags.option({
      default: 'info' as LogLevel,
      description: 'What to log on stderr.',
      env: 'IRIS_LOG_LEVEL',
      options: logLevels,
    })(),
    'max-batch-rows': integerFlag({
      default: DEFAULT_MAX_BATCH_ROWS,
      description: 'Rows that one call may have.',
      ...boundsOf('maxBatchRows'),
    }),
    'max-concurrent-calls': integerFlag({
      default: DEFAULT_MAX_CONCURRENT_CALLS,
      description: 'Calls answered at once.',
      ...boundsOf('maxConcurrentCalls'),
    }),
    'max-concurrent-streams': integerFlag({
      default: DEFAULT_MAX_CONCURRENT_STREAMS,
      description: 'Calls that one gRPC connection may have open.',
      ...boundsOf('maxConcurrentStreams'),
    }),
    'max-connection-age': durationFlag({ description: 'Close connections at this age; 0s: never.', defaultMs: 0 }),
    'max-message-bytes': integerFlag({
      description: `Size of the largest message taken, and of the largest reply. Default: 16777216, or a 32nd of the container's memory.`,
      ...boundsOf('maxMessageBytes'),
    }),
    'metrics-host': hostFlag({
      dependsOn: ['metrics-port'],
      description: 'Address for metrics. Default: --host, for unix:/path this machine only.',
      env: 'IRIS_METRICS_HOST',
    }),
    'metrics-port': integerFlag({
      description: 'Port for /metrics, /healthz and /readyz; none unless it is given; 0: any free one.',
      env: 'IRIS_METRICS_PORT',
      helpValue: 'PORT',
      ...boundsOf('port'),
    }),
    'load-model': Flags.string({
      delimiter: ',',
      dependsOn: ['models'],
      description: 'With --model-control explicit: models that are loaded at the start; * for all.',
      helpValue: 'NAMES',
      multiple: true,
      multipleNonGreedy: true,
    }),
    model: modelFlag,
    'model-control': Flags.option({
      dependsOn: ['models'],
      description: 'When models change: only at SIGHUP (none, the default), when their folder does, or by calls.',
      options: CONTROL_MODES,
    })(),
    models: fileFlag({
      description: 'Folder of several models: NAME/VERSION.json, any file name for a version.',
      exclusive: ['model', 'expect-model', 'watch'],
      helpValue: 'FOLDER',
    }),
    name: Flags.string({
      default: DEFAULT_MODEL_NAME,
      description:
        "The model's name on the wire; of several, the one that ml.IrisPredictor and a contract answer from.",
    }),
    'otlp-endpoint': Flags.string({
      description: 'Send spans of calls there, by OTLP over HTTP; needs the packages of OpenTelemetry.',
      helpValue: 'URL',
    }),
    port: portFlag({ default: DEFAULT_PORT, description: 'Port; 0: any free one.', env: 'IRIS_LISTEN_PORT' }),
    record: outputFlag({
      description: 'Write the rows that are predicted, and what is answered, to this file as JSON lines.',
    }),
    'record-max-bytes': integerFlag({
      dependsOn: ['record'],
      description: `Size at which FILE becomes FILE.1, in place of the one before. Default: ${DEFAULT_RECORD_BYTES}.`,
      helpValue: 'BYTES',
      min: 1024,
    }),
    'record-share': numberFlag({
      dependsOn: ['record'],
      description: 'Share of the rows that are recorded, chosen at random. Default: 1, all of them.',
      helpValue: 'SHARE',
      max: 1,
      min: 1e-6,
    }),
    reflection: Flags.boolean({ allowNo: true, default: true, description: 'Tell clients the services and messages.' }),
    shadow: shareFlag('Ask another version too, for a share of the calls, and count where it differs.'),
    split: shareFlag('Have another version answer a share of the callers.'),
    'split-header': Flags.string({
      dependsOn: ['split'],
      description: 'Header that tells callers apart, each of whom stays with one version. Default: x-request-id.',
      helpValue: 'NAME',
    }),
    'tls-cert': fileFlag({ dependsOn: ['tls-key'], description: 'Certificate; turns TLS on.' }),
    'tls-ciphers': Flags.string({
      dependsOn: ['tls-cert'],
      description: "Ciphers in OpenSSL's words. Default: those with forward secrecy.",
      helpValue: 'LIST',
    }),
    'tls-client-ca': fileFlag({
      dependsOn: ['tls-cert'],
      description: 'Authorities whose certificate a client has to show.',
    }),
    'tls-key': fileFlag({ dependsOn: ['tls-cert'], description: 'Private key.' }),
    'tls-min-version': Flags.option({
      dependsOn: ['tls-cert'],
      description: 'Oldest version of TLS that is spoken. Default: 1.2.',
      options: ['1.2', '1.3'] as const,
    })(),
    'verify-key': verifyKeyFlag(),
    watch: Flags.boolean({ description: "Reload when the model's file, or its signature, changes." }),
    workers: integerFlag({ default: 1, description: 'Processes that share the port.', max: 256, min: 1 }),
  });

  /** The server handles signals itself. */
  static override interruptible = false;

  static override summary = 'Serve a model over gRPC.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    const { models: folder, 'metrics-port': metricsPort } = flags;
    const chosen = folder === undefined ? this.modelPath(flags.model) : undefined;
    const log = createLogger(flags['log-level']);
    for (const line of this.unknownVariables()) log.warn(line);
    const options = {
      allowedHosts: flags['allowed-hosts'],
      contract: await contractText(flags.contract),
      drainDelayMs: flags['drain-delay'],
      expectModel: flags['expect-model'],
      graceMs: flags.grace,
      host: flags.host,
      http: await httpOptions(flags['http-port'], flags['http-keep-alive']),
      log,
      maxBatchRows: flags['max-batch-rows'],
      maxConcurrentCalls: flags['max-concurrent-calls'],
      maxConcurrentStreams: flags['max-concurrent-streams'],
      maxConnectionAgeMs: flags['max-connection-age'] || undefined,
      maxMessageBytes: flags['max-message-bytes'],
      model: chosen?.path,
      models: folder === undefined ? undefined : modelsOptions(folder, flags),
      name: flags.name,
      port: flags.port,
      reflection: flags.reflection,
      tls: tlsSettings(flags),
      verifyKeys: await readVerifyKeys(flags['verify-key']),
      watch: flags.watch,
    };
    const tracing = traceSettings(flags['otlp-endpoint']);
    const record = await recordOptions(flags, chosen?.path);
    if (flags.check) {
      await this.print(`${await checkModels(completeOptions(options))}\n`);
      return;
    }
    if (chosen) log.info({ file: shownLocation(chosen.path), chosenBy: chosen.reason }, 'model file');
    await runServer({
      ...options,
      healthSocket: flags['health-socket'],
      metrics: metricsPort === undefined ? undefined : { host: flags['metrics-host'], port: metricsPort },
      record,
      tracing,
      workers: { count: flags.workers, entry: packageFile('cli/serve-worker.js') },
    });
  }
}

function modelsOptions(folder: string, flags: InferredFlags<typeof Serve.flags>): ModelsOptions {
  const { shadow, split } = flags;
  return {
    folder,
    control: flags['model-control'],
    load: flags['load-model'],
    shadow: shadow && parseShares('shadow', shadow),
    split: split && parseShares('split', split),
    splitHeader: flags['split-header']?.toLowerCase(),
  };
}

/** Read and checked here, so that a message names the file and its line. */
async function contractText(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readContract(path);
  parseContract(text, path);
  return text;
}

/** Nothing that the server reads is written over, whether the record begins or goes on in another file. */
async function recordOptions(
  flags: InferredFlags<typeof Serve.flags>,
  model: string | undefined,
): Promise<RecordOptions | undefined> {
  const { record: file, 'record-max-bytes': maxBytes = DEFAULT_RECORD_BYTES, 'record-share': share = 1 } = flags;
  if (file === undefined) return undefined;
  const files = {
    'the model': model === undefined || isAddress(model) ? undefined : model,
    'the contract': flags.contract,
    'the certificate': flags['tls-cert'],
    'the private key': flags['tls-key'],
    'the authorities of clients': flags['tls-client-ca'],
  };
  for (const path of [file, file + OLDER]) await keepInputs({ files }, { option: 'record', path });
  return { file, maxBytes, share };
}

function tlsSettings(flags: InferredFlags<typeof Serve.flags>): TlsSettings | undefined {
  const { 'tls-cert': cert, 'tls-ciphers': ciphers, 'tls-client-ca': clientCa, 'tls-key': key } = flags;
  if (cert === undefined || key === undefined) return undefined;
  const version = flags['tls-min-version'];
  return { cert, key, clientCa, ciphers, minVersion: version && `TLSv${version}` };
}

/** The drawing code is loaded only by a server that has pages. */
async function httpOptions(port: number | undefined, keepAliveMs: number): Promise<HttpOptions | undefined> {
  if (port === undefined) return undefined;
  const { playgroundSite } = await import('../cli/playground-site.js');
  return { port, keepAliveMs, site: playgroundSite() };
}
