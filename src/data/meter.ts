import { stat } from 'node:fs/promises';

/** How much of the files of an input was read. */
export class ReadMeter {
  #bytes = 0;
  #total: number | undefined;

  /** Says what will be read. Of what is no file the size is not known, and neither is it of all together. */
  async expect(paths: readonly string[]): Promise<void> {
    const sizes = await Promise.all(paths.map(sizeOf));
    const known = sizes.filter((size) => size !== undefined);
    this.#total = known.length === sizes.length ? known.reduce((sum, size) => sum + size, 0) : undefined;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Undefined where it is not known. */
  get total(): number | undefined {
    return this.#total;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Says how many bytes are read by now, of all files. */
  reach(bytes: number): void {
    this.#bytes = bytes;
  }

  /** For an input that is not read from its beginning to its end. */
  giveUp(): void {
    this.#total = undefined;
  }

  /** In [0, 1]; undefined where it is not known. */
  get share(): number | undefined {
    return this.#total ? Math.min(1, this.#bytes / this.#total) : undefined;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined); // what is wrong is said where it is opened
  return found?.isFile() ? found.size : undefined;
}
