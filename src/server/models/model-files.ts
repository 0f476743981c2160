import { join } from 'node:path';
import type { VerifyKeys } from '../../formats/signature.js';
import { InputError } from '../../ground/errors.js';
import { MAX_REPOSITORY_BYTES } from '../../ground/limits.js';
import { loadModel } from './holder.js';
import type { ListedFile } from './repository-folder.js';
import type { Instrument, ServedModel } from './served-model.js';

export interface FilesSource {
  /** `<folder>/<model>/<version>.json` */
  readonly folder: string;
  /** The model that answers services whose requests name none. */
  readonly name: string;
  /** The text of a contract that the model of this name has to fit. */
  readonly contract?: string | undefined;
  readonly verifyKeys?: VerifyKeys | undefined;
  readonly instrument?: Instrument | undefined;
  /** Ends the reading of models. */
  readonly signal: AbortSignal;
}

/** A file as it was read last. */
export interface KnownFile {
  readonly file: string;
  readonly bytes: number;
  readonly stamp: string;
  /** What it has become; where it is refused now, what it was before. */
  readonly served: ServedModel | undefined;
  /** Why it is refused: what a reader threw. */
  readonly error: unknown;
}

/** The files of models, each read once for each content that it has. */
export class ModelFiles {
  readonly #source: FilesSource;
  readonly #known = new Map<string, readonly KnownFile[]>();
  /** Of all that are known. */
  #bytes = 0;

  constructor(source: FilesSource) {
    this.#source = source;
  }

  /** The models of which files were read, or looked for. */
  get names(): Iterable<string> {
    return this.#known.keys();
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  of(name: string): readonly KnownFile[] {
    return this.#known.get(name) ?? [];
  }

  /**
   * Reads those that have changed.
   *
   * @param again reads all
   * @throws the signal's reason once it is aborted
   */
  async read(name: string, listed: readonly ListedFile[], again: boolean): Promise<readonly KnownFile[]> {
    const known = this.of(name);
    const before = new Map(known.map((file) => [file.file, file]));
    const files: KnownFile[] = [];
    for (const found of listed) {
      const last = before.get(found.file);
      const isKept = last?.stamp === found.stamp && !again;
      files.push(isKept ? last : await this.#read(name, found, last, [...files, ...known]));
      before.delete(found.file);
    }
    for (const { bytes } of before.values()) this.#bytes -= bytes;
    this.#known.set(name, files);
    return files;
  }

  /** @returns whether there was something to forget */
  forget(name: string): boolean {
    for (const { bytes } of this.of(name)) this.#bytes -= bytes;
    return this.#known.delete(name);
  }

  async #read(
    name: string,
    found: ListedFile,
    last: KnownFile | undefined,
    others: readonly KnownFile[],
  ): Promise<KnownFile> {
    const { contract, folder, instrument, name: current, signal, verifyKeys } = this.#source;
    this.#bytes += found.bytes - (last?.bytes ?? 0);
    try {
      if (this.#bytes > MAX_REPOSITORY_BYTES) throw tooMuch(found.file);
      const served = await loadModel({
        model: join(folder, name, found.file),
        name,
        contract: name === current ? contract : undefined,
        instrument,
        verifyKeys,
        signal,
      });
      // The same model again, or in a file of another name, stays the same: what was made and counted for it is kept.
      const same = others.find((other) => other.served?.model.sha256 === served.model.sha256);
      return { ...found, served: same?.served ?? served, error: undefined };
    } catch (error) {
      signal.throwIfAborted();
      return { ...found, served: last?.served, error };
    }
  }
}

function tooMuch(file: string): InputError {
  return new InputError(`${file}: expected at most ${MAX_REPOSITORY_BYTES} bytes of models in all, found more`);
}
