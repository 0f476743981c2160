import { InferenceClient } from '../client/inference-client.js';
import type { PredictionSource } from '../client/prediction.js';
import { shownLocation } from '../formats/model-location.js';
import { nameInWords, namesInWords } from '../ground/quote.js';
import { DEFAULT_MODEL_NAME, DEFAULT_PORT } from '../protocol/services.js';
import { clientTls } from './client-tls.js';
import { formatDuration } from './duration.js';
import { clientTlsFlags, durationFlag, expectModelFlag, fileFlag, hostFlag, portFlag, verifyKeyFlag } from './flags.js';
import { readVerifyKeys } from './keys.js';
import { openModel } from './local-model.js';
import { modelIn } from './model-path.js';
import { Flags, type InferredFlags } from './oclif.js';

const serverFlags = ['host', 'port', 'name', 'tls-ca', 'tls-cert', 'tls-key'];

/** Which model predicts: one behind a server, or one in a file. */
export const sourceFlags = {
  'expect-model': expectModelFlag,
  host: hostFlag({ default: 'localhost', description: 'Where the server is.' }),
  model: fileFlag({
    char: 'm',
    description: 'Predict in this process with a model file, the folder of one, or an https:// URL.',
    exclusive: serverFlags,
  }),
  name: Flags.string({
    description: `Name of the model at the server. Default: that of its one model, else ${DEFAULT_MODEL_NAME}.`,
  }),
  port: portFlag({ default: DEFAULT_PORT, description: 'Port of the server.' }),
  timeout: durationFlag({ defaultMs: 5000, description: 'How long to wait, and to try again, for each answer.' }),
  ...clientTlsFlags,
  'verify-key': verifyKeyFlag(['model']),
};

type SourceFlags = InferredFlags<typeof sourceFlags>;

/** What a command says while it opens a model. */
export interface SourceTalk {
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  /** Called where a model is loaded in this process. */
  readonly onLoading: () => void;
}

/** The file of the model, where one predicts in this process. */
export function modelFile({ model }: Pick<SourceFlags, 'model'>): string | undefined {
  return model === undefined ? undefined : modelIn(model);
}

/**
 * @param path what `modelFile` returned
 * @throws as `openModel` and `InferenceClient.connect`
 */
export function openPredictionSource(
  path: string | undefined,
  flags: SourceFlags,
  talk: SourceTalk,
): Promise<PredictionSource> {
  return path === undefined ? connect(flags, talk) : open(path, flags, talk);
}

async function open(
  path: string,
  flags: SourceFlags,
  { note, onLoading, signal }: SourceTalk,
): Promise<PredictionSource> {
  onLoading();
  const verifyKeys = await readVerifyKeys(flags['verify-key']);
  const model = await openModel(path, { expectModel: flags['expect-model'], verifyKeys }, signal);
  note(`model: ${shownLocation(path)}, version ${model.version} (--model)`);
  return model;
}

async function connect(flags: SourceFlags, { note, signal }: SourceTalk): Promise<PredictionSource> {
  const { host, name, port, timeout: timeoutMs } = flags;
  const patience = formatDuration(timeoutMs);
  let told = false;
  const onRetry = (reason: string) => {
    if (!told) note(`${reason}: trying again for up to ${patience}`);
    told = true;
  };
  const client = await InferenceClient.connect(
    { host, port, tls: await clientTls(flags) },
    { model: name, expectModel: flags['expect-model'], timeoutMs, signal, onRetry },
  );
  const versions = namesInWords(client.versions) || 'unknown';
  note(`model: ${nameInWords(client.model)}, version ${versions}, at ${client.address}`);
  return client;
}
