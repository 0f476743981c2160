import type { Logger } from 'pino';
import { ContractError, parseContract } from '../../contract/proto-text.js';
import { isAddress, shownLocation } from '../../formats/model-location.js';
import { verifyKeysRange } from '../../formats/signature.js';
import { badOption } from '../../ground/errors.js';
import {
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_BATCH_ROWS,
  DEFAULT_MAX_CONCURRENT_CALLS,
  DEFAULT_MAX_CONCURRENT_STREAMS,
  MAX_INT32,
  MAX_PORT,
} from '../../ground/limits.js';
import {
  abortSignal,
  anObject,
  callback,
  checkOptions,
  isObject,
  isText,
  listOf,
  milliseconds,
  type OptionTable,
  oneOf,
  optionsOf,
  required,
  someText,
  texts,
  trueOrFalse,
  wholeNumber,
} from '../../ground/options.js';
import { parseHost } from '../../protocol/address.js';
import { DEFAULT_MODEL_NAME, DEFAULT_PORT } from '../../protocol/services.js';
import { largestMessage } from '../calls/connection-share.js';
import type { CallObserver } from '../calls/observer.js';
import { hostCheck } from '../http/host-check.js';
import type { Site } from '../http/site.js';
import type { ModelSource, ReloadOutcome } from '../models/holder.js';
import { isModelName, NAME_RULE } from '../models/model-name.js';
import { ALL_MODELS, CONTROL_MODES, type ModelControlMode, type VersionShare } from '../models/served-models.js';
import { TLS_VERSIONS, type TlsSettings } from '../net/certificates.js';
import { silentLogger } from '../telemetry/log.js';

export interface HttpOptions {
  /** 0: any free one. */
  readonly port: number;
  /** How long an idle connection is kept; default: 75 s. */
  readonly keepAliveMs?: number | undefined;
  /** Pages for people, beside the protocol. */
  readonly site?: Site;
}

/** Several models: `<folder>/<model>/<version>.json`. */
export interface ModelsOptions {
  readonly folder: string;
  /** When they change: only at a signal (the default), when the folder does, or by calls. */
  readonly control?: ModelControlMode | undefined;
  /** Where calls control them, those that are loaded at the start; `*` is every one. */
  readonly load?: readonly string[] | undefined;
  /** How often the folder is looked at, where it is polled; default: 5 s. */
  readonly pollMs?: number | undefined;
  /** Calls without a version that another one answers, by who calls: a caller stays on one side. */
  readonly split?: readonly VersionShare[] | undefined;
  /** The header, or metadata, that callers are known by; default: x-request-id. A call without it is not in a share. */
  readonly splitHeader?: string | undefined;
  /** Rows that another version predicts too, beside the calls, so that the two can be compared. */
  readonly shadow?: readonly VersionShare[] | undefined;
}

/** The options of a server; only the model, or a folder of models, is required. */
export interface ServerOptions extends Omit<ModelSource, 'model' | 'name'> {
  /** One model: this, or `models`. */
  readonly model?: ModelSource['model'] | undefined;
  /** Several models, from a folder. */
  readonly models?: ModelsOptions | undefined;
  /** The model's name on the wire; of several, the one that answers services whose requests name none. */
  readonly name?: string;
  /** A name, an address, or `unix:/path`. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port?: number;
  /**
   * Names that HTTP requests may be for. Without a list a server that listens for this machine only answers to its
   * names, any other server to every name.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Answers the protocol's REST form too. */
  readonly http?: HttpOptions | undefined;
  readonly tls?: TlsSettings | undefined;
  /** How often certificate files are read again. */
  readonly certificateRefreshMs?: number;
  /** Reload when the model's file or its signature changes. */
  readonly watch?: boolean;
  readonly reflection?: boolean;
  /** The largest message taken, and the largest reply made. Default: 16 MiB, or a 32nd of the container's memory if that is less. */
  readonly maxMessageBytes?: number;
  readonly maxBatchRows?: number;
  /** Of all connections together, which share them. */
  readonly maxConcurrentCalls?: number;
  /** Calls that one gRPC connection may have open: HTTP/2's SETTINGS_MAX_CONCURRENT_STREAMS. */
  readonly maxConcurrentStreams?: number;
  /** How long a client may take to send a message whole, or to read a reply; for a large one longer. */
  readonly clientTimeoutMs?: number;
  /** An idle connection is pinged after `timeMs`, and dropped when no answer comes within `timeoutMs`. */
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number };
  /** Connections are closed at this age, when their calls are done; clients come back, perhaps to another server. */
  readonly maxConnectionAgeMs?: number | undefined;
  /** How long calls are still answered once the server has said that it stops. */
  readonly drainDelayMs?: number;
  /** How long a shutdown may take in all. */
  readonly graceMs?: number;
  readonly log?: Logger;
  readonly observers?: readonly CallObserver[];
  readonly onReload?: (outcome: ReloadOutcome) => void;
}

type Optional =
  | 'allowedHosts'
  | 'contract'
  | 'expectModel'
  | 'instrument'
  | 'http'
  | 'maxConnectionAgeMs'
  | 'model'
  | 'models'
  | 'signal'
  | 'tls'
  | 'verifyKeys';

/** Every option has a value, except where absence has a meaning. */
export type CompleteOptions = Required<Omit<ServerOptions, Optional>> & Pick<ServerOptions, Optional>;

const defaults = {
  name: DEFAULT_MODEL_NAME,
  host: '127.0.0.1',
  port: DEFAULT_PORT,
  certificateRefreshMs: 10_000,
  watch: false,
  reflection: true,
  maxBatchRows: DEFAULT_MAX_BATCH_ROWS,
  maxConcurrentCalls: DEFAULT_MAX_CONCURRENT_CALLS,
  maxConcurrentStreams: DEFAULT_MAX_CONCURRENT_STREAMS,
  clientTimeoutMs: 60_000,
  keepalive: { timeMs: 60_000, timeoutMs: 20_000 },
  drainDelayMs: 0,
  graceMs: DEFAULT_GRACE_MS,
  observers: [],
};

const httpOptions: OptionTable<HttpOptions> = {
  port: required(wholeNumber(0, MAX_PORT)),
  keepAliveMs: milliseconds(1),
  site: callback,
};

const tlsOptions: OptionTable<TlsSettings> = {
  cert: required(someText),
  key: required(someText),
  clientCa: someText,
  ciphers: someText,
  minVersion: oneOf(TLS_VERSIONS),
};

const shares = listOf('objects with an alias and a share above 0, at most 1', (value) => {
  const { alias, share } = value as Partial<VersionShare>;
  return isText(alias) && typeof share === 'number' && share > 0 && share <= 1;
});

const modelsOptions: OptionTable<ModelsOptions> = {
  folder: required(someText),
  control: oneOf(CONTROL_MODES),
  load: texts,
  pollMs: milliseconds(1),
  split: shares,
  splitHeader: {
    expected: 'the name of a header, in lower case',
    takes: (value) => isText(value) && /^[a-z0-9-]{1,64}$/.test(value),
  },
  shadow: shares,
};

const keepaliveOptions: OptionTable<NonNullable<ServerOptions['keepalive']>> = {
  timeMs: required(milliseconds(1)),
  timeoutMs: required(milliseconds(1)),
};

/** What each option may be; flags take their bounds from it. */
export const serverTable = {
  model: {
    expected: 'a path, an https:// URL, a model, or a function that gives one',
    takes: (value: unknown) => isText(value) || isObject(value) || callback.takes(value),
  },
  models: optionsOf(modelsOptions),
  expectModel: someText,
  contract: someText,
  verifyKeys: verifyKeysRange,
  instrument: callback,
  signal: abortSignal,
  name: someText,
  host: someText,
  port: wholeNumber(0, MAX_PORT),
  allowedHosts: texts,
  http: optionsOf(httpOptions),
  tls: optionsOf(tlsOptions),
  certificateRefreshMs: milliseconds(1),
  watch: trueOrFalse,
  reflection: trueOrFalse,
  maxMessageBytes: wholeNumber(1024, MAX_INT32),
  maxBatchRows: wholeNumber(1),
  maxConcurrentCalls: wholeNumber(1),
  maxConcurrentStreams: wholeNumber(1, MAX_INT32),
  clientTimeoutMs: milliseconds(1),
  keepalive: optionsOf(keepaliveOptions),
  maxConnectionAgeMs: milliseconds(1),
  drainDelayMs: milliseconds(0),
  graceMs: milliseconds(0),
  log: anObject,
  observers: listOf('observers', isObject),
  onReload: callback,
} satisfies OptionTable<ServerOptions>;

/** @throws UsageError for an option that is unknown or out of its range, and where two contradict each other */
export function completeOptions(options: ServerOptions): CompleteOptions {
  checkOptions<ServerOptions>(options, serverTable);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const maxMessageBytes = largestMessage();
  const complete = {
    log: silentLogger(),
    onReload: () => {},
    ...defaults,
    maxMessageBytes,
    ...(given as typeof options),
  };
  const { drainDelayMs, graceMs } = complete;
  checkSource(complete);
  const host = parseHost(complete.host);
  if (drainDelayMs > 0 && drainDelayMs >= graceMs) {
    const expected = `less than the grace of ${graceMs} ms, which contains it`;
    throw badOption('drainDelayMs', expected, drainDelayMs, { found: `${drainDelayMs} ms` });
  }
  hostCheck(host, complete.allowedHosts);
  if (complete.contract !== undefined) checkContract(complete.contract);
  return { ...complete, host };
}

function checkContract(text: string): void {
  try {
    parseContract(text, 'contract');
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    throw badOption('contract', 'the text that iris proto wrote', text, {
      cause,
      found: `other text: ${cause.message}`,
    });
  }
}

type Source = Pick<CompleteOptions, 'expectModel' | 'model' | 'models' | 'verifyKeys' | 'watch'>;

function checkSource({ expectModel, model, models, verifyKeys, watch }: Source): void {
  if (models !== undefined) {
    checkModels(models, { expectModel, model, watch });
    return;
  }
  if (model === undefined) throw badOption('model', serverTable.model.expected, model);
  if (verifyKeys !== undefined && !isText(model)) {
    throw badOption('verifyKeys', 'a model in a file or at an https:// URL, which can be signed', model, {
      found: `${typeof model === 'function' ? 'a function' : 'an object'} in its place`,
    });
  }
  if (watch && isText(model) && isAddress(model)) {
    const found = `${shownLocation(model)}, which tells of no change: SIGHUP downloads it again`;
    throw badOption('watch', 'a model in a file', watch, { found });
  }
}

/** Options of one model say nothing where there are several. */
function checkModels({ control = 'none', load = [] }: ModelsOptions, { expectModel, model, watch }: Source): void {
  const refuse = (option: string, value: unknown, instead: string) => {
    throw badOption(option, `none beside models, ${instead}`, value);
  };
  if (model !== undefined) refuse('model', model, 'which are in their folder');
  if (expectModel !== undefined) refuse('expectModel', expectModel, 'each of which has another hash: sign them');
  if (watch) refuse('watch', watch, 'whose control poll looks for changes');
  if (load.length > 0 && control !== 'explicit') refuse('models.load', load, 'unless their control is explicit');
  const wrong = load.find((name) => name !== ALL_MODELS && !isModelName(name));
  if (wrong !== undefined) throw badOption('models.load', `names of ${NAME_RULE}`, wrong);
}

export interface WorkersOptions {
  /** More than one: that many processes share the server's ports. */
  readonly count: number;
  /** The module that each of them runs; it calls `runWorker`. */
  readonly entry: URL;
}
