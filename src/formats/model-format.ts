import type { Model } from '../model/model.js';

/** A way to write a model down. */
export interface ModelFormat {
  /** As messages name it. */
  readonly name: string;
  /** Whether the bytes of a file look like it, whatever else is wrong with them. */
  recognizes(bytes: Uint8Array): boolean;
  /**
   * @param name of the file, for messages
   * @throws ArtifactError
   */
  read(bytes: Uint8Array, name: string): Model;
  /** Null where the format is only read. */
  readonly write: ((model: Model) => string) | null;
}
