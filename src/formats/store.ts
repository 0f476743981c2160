import { badOption } from '../ground/errors.js';
import { abortSignal, checkOptions, type OptionTable, required, someText } from '../ground/options.js';
import { freeMemory } from '../ground/system-limit.js';
import type { Model } from '../model/model.js';
import { unpacking } from '../model/packed-model.js';
import { type PredictingModel, predicting } from '../model/predicting-model.js';
import { runStepsInTurns } from '../model/steps.js';
import { download } from './download.js';
import { withModelFile } from './model-file.js';
import { type Address, isAddress, type ModelLocation, parseLocation, shownLocation } from './model-location.js';
import { checkModelSize } from './model-size.js';
import { canReadOnThread, readOnThread, type UnreadModel } from './model-thread.js';
import { serializeModel } from './registry.js';
import { type VerifyKeys, verifyKeysRange } from './signature.js';
import { readSignedHashes, readSignedModel } from './signed-model.js';
import { writeWholeFile } from './whole-file.js';

/**
 * From here on a thread is started: it takes forty milliseconds to begin, and these take ten to be read.
 * Why: docs/decisions/models-are-read-where-they-lie.md
 */
const THREAD_FROM_BYTES = 256 * 1024;

export interface ReadModelOptions {
  /** One of them has to have signed the model, whose signature lies beside it, with `.sig` added to the name. */
  readonly verifyKeys?: VerifyKeys | undefined;
}

/**
 * A large file is read and checked on a thread, which can be ended and has a limit of its own: this one goes on with what
 * it does.
 *
 * @param path a regular file, a link to one, or an https:// URL
 * @param signal ends the reading
 * @throws UsageError for a path that is no text, a URL of another scheme, and an option that is none
 * @throws InputError when it is missing, unreadable, or no regular file; UnavailableError where it can't be downloaded
 * @throws ArtifactError when it is no model that can be trusted
 * @throws the signal's reason once it is aborted
 */
export async function readModel(
  path: string,
  signal?: AbortSignal,
  options: ReadModelOptions = {},
): Promise<PredictingModel> {
  const { hashes, location } = await prepare(path, signal, options);
  const { shown: name } = location;
  if (location.kind === 'address') return fromBytes(await downloadModel(location, signal), name, hashes, signal);
  const found = await withModelFile(location.path, async (file) => {
    if (file.bytes >= THREAD_FROM_BYTES && canReadOnThread()) return file.bytes;
    return readSignedModel(await file.read(), name, hashes);
  });
  return typeof found === 'number' ? onThread({ name, hashes }, found, signal) : found;
}

/** As `readModel`, with the text of the file. */
export async function readArtifact(
  path: string,
  signal?: AbortSignal,
  options: ReadModelOptions = {},
): Promise<{ readonly model: Model; readonly text: string }> {
  const { hashes, location } = await prepare(path, signal, options);
  const bytes =
    location.kind === 'address'
      ? await downloadModel(location, signal)
      : await withModelFile(location.path, (file) => file.read());
  const text = bytes.toString();
  return { model: await fromBytes(bytes, location.shown, hashes, signal), text };
}

interface Prepared {
  readonly location: ModelLocation;
  /** Of the files that are signed; undefined where none has to be. */
  readonly hashes: readonly string[] | undefined;
}

const optionsTable: OptionTable<ReadModelOptions> = { verifyKeys: verifyKeysRange };

/** The signature is read before a byte of the model is looked at. */
async function prepare(path: string, signal: AbortSignal | undefined, options: ReadModelOptions): Promise<Prepared> {
  checkOptions({ path, signal }, { path: required(someText), signal: abortSignal });
  checkOptions(options, optionsTable);
  const { verifyKeys } = options;
  const location = parseLocation(path);
  return { location, hashes: verifyKeys && (await readSignedHashes(location, verifyKeys, signal)) };
}

function downloadModel({ shown, url }: Address, signal: AbortSignal | undefined): Promise<Buffer> {
  const freeBytes = freeMemory();
  return download(url, { checkSize: (bytes) => checkModelSize(shown, bytes, freeBytes), signal });
}

/** @param bytes are moved to the thread that reads them, where one does */
async function fromBytes(
  bytes: Buffer,
  name: string,
  hashes: Prepared['hashes'],
  signal: AbortSignal | undefined,
): Promise<PredictingModel> {
  if (bytes.byteLength < THREAD_FROM_BYTES || !canReadOnThread()) return readSignedModel(bytes, name, hashes);
  return onThread({ name, bytes, hashes }, bytes.byteLength, signal);
}

async function onThread(model: UnreadModel, bytes: number, signal: AbortSignal | undefined): Promise<PredictingModel> {
  return predicting(await runStepsInTurns(unpacking(await readOnThread(model, bytes, signal)), signal));
}

/**
 * Writes the whole file or nothing, as `writeWholeFile` does.
 *
 * @param text of the file, where it has been made
 * @throws UsageError for a path that is no text, or a URL
 * @throws OutputError
 */
export async function writeModel(path: string, model: Model, text?: string): Promise<void> {
  checkOptions({ path }, { path: required(someText) });
  if (isAddress(path)) throw badOption('path', 'that of a file', shownLocation(path), { found: 'a URL' });
  await writeWholeFile(path, text ?? serializeModel(model));
}
