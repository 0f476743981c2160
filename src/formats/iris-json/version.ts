import type { Model, ModelParts, Predicting, VerificationRow } from '../../model/model.js';
import type { JsonText } from './json-text.js';

/** One version of the artifact: how a model looks in it. */
export interface FormatVersion {
  /** What `format` and `version` say. */
  readonly format: string;
  readonly version: number;
  /** All but `format`, `version` and `sha256`, in their order. */
  readonly keys: readonly string[];
  readonly optionalKeys: readonly string[];
  /**
   * What is bounded is so before anything is hashed or built.
   *
   * @throws ArtifactError
   */
  checkOutline(text: JsonText, members: ReadonlyMap<string, number>): void;
  /**
   * @param members where the values of the keys begin
   * @throws ArtifactError
   */
  read(text: JsonText, members: ReadonlyMap<string, number>, sha256: string): Model;
  /** The rows that a file of this version has. */
  verificationRows(parts: Predicting): VerificationRow[];
  /** The members of `keys`, in their order. */
  document(model: ModelParts & Pick<Model, 'verification'>): Record<string, unknown>;
}
