import { dirname, relative, resolve } from 'node:path';
import { badOption } from '../../ground/errors.js';
import { RecordFile } from '../telemetry/record-file.js';
import { Recorder } from '../telemetry/recorder.js';
import type { CompleteOptions } from './options.js';

/** What a server records of the rows that it predicts. */
export interface RecordOptions {
  readonly file: string;
  /** Of the rows, above 0 and at most 1. */
  readonly share: number;
  /** Of the file, before another one begins. */
  readonly maxBytes: number;
}

/** A record that is open. */
export interface Recording {
  readonly share: number;
  readonly file: RecordFile;
  /** For a server that is this process; workers have their own. */
  readonly recorder: Recorder;
  /** Writes what waits; to be called when the server has ended. */
  close(): Promise<void>;
}

/**
 * @throws UsageError where the file lies in a folder that is watched, or among the models
 * @throws OutputError
 */
export async function openRecording(
  { file: path, maxBytes, share }: RecordOptions,
  { log, model, models, watch }: Pick<CompleteOptions, 'log' | 'model' | 'models' | 'watch'>,
): Promise<Recording> {
  if (watch && typeof model === 'string' && dirname(resolve(model)) === dirname(resolve(path))) {
    throw badOption('record', "a file outside of the model's folder, which is watched", path, { found: 'one in it' });
  }
  if (models !== undefined && !relative(models.folder, path).startsWith('..')) {
    throw badOption('record', 'a file outside of the folder of the models', path, { found: 'one in it' });
  }
  const file = await RecordFile.open(path, maxBytes);
  log.warn({ file: path, share }, 'rows are recorded: the file has what callers send');
  const recorder = new Recorder({ sink: file, share, log });
  const close = async () => {
    await recorder.close();
    await file.close();
  };
  return { share, file, recorder, close };
}
