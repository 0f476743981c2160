/** What files of other libraries look like: to know one takes none of the code that reads it. */
export interface ForeignFile {
  /** As `format` names it. */
  readonly name: string;
  /** As messages name its files. */
  readonly files: string;
  /** What a feature is called that has no name, before its index. */
  readonly namelessFeature: string;
  /** Whether the bytes of a file look like one of its own, whatever else is wrong with them. */
  recognizes(bytes: Uint8Array): boolean;
}

const JSON_BEGINNING = /^(\ufeff)?\s*\{\s*("version"\s*:\s*\[[^\]]*\]\s*,\s*)?"learner"\s*:/;
/** An object whose first key, behind its length, is `learner` or `version`. */
const UBJSON_BEGINNING = /^\{[LiU][^"]{1,8}(learner|version)/;
/** XGBoost's files before JSON: `binf`, or a 32-bit number and the base score. */
const OLD_BINARY = /^binf/;

export const xgboostFile: ForeignFile = {
  name: 'xgboost',
  files: 'XGBoost JSON or UBJSON',
  namelessFeature: 'f',
  recognizes: (bytes) => xgboostForm(bytes) !== undefined,
};

/** Which of its forms a file of XGBoost begins as. */
export function xgboostForm(bytes: Uint8Array): 'binary' | 'json' | 'ubjson' | undefined {
  const text = beginning(bytes, 256, 'latin1');
  if (JSON_BEGINNING.test(text)) return 'json';
  if (UBJSON_BEGINNING.test(text)) return 'ubjson';
  return OLD_BINARY.test(text) ? 'binary' : undefined;
}

export const lightgbmFile: ForeignFile = {
  name: 'lightgbm',
  files: 'LightGBM text',
  namelessFeature: 'Column_',
  recognizes: (bytes) => /^tree\r?\n/.test(beginning(bytes, 16, 'latin1')),
};

export const sklearnFile: ForeignFile = {
  name: 'sklearn',
  files: 'scikit-learn in skops',
  namelessFeature: 'x',
  // A zip archive that names its arrays or the schema.
  recognizes: (bytes) => /^504b0304/.test(beginning(bytes, 4, 'hex')),
};

/** The version of the format, a small number, and then a field of a model. */
const ONNX_BEGINNING = /^08(0[1-9a-f]|1[0-9a-f])(12|1a|22|28|32|3a|42)/;

export const onnxFile: ForeignFile = {
  name: 'onnx',
  files: 'ONNX',
  namelessFeature: 'x',
  recognizes: (bytes) => ONNX_BEGINNING.test(beginning(bytes, 3, 'hex')),
};

/** The first that recognizes a file knows whose it is. */
export const FOREIGN_FILES: readonly ForeignFile[] = [xgboostFile, lightgbmFile, sklearnFile, onnxFile];

function beginning(bytes: Uint8Array, length: number, encoding: 'hex' | 'latin1'): string {
  return Buffer.from(bytes.subarray(0, length)).toString(encoding);
}
