import { badOption } from '../ground/errors.js';
import { checkOptions, isText, type OptionTable, oneOf, required, trueOrFalse } from '../ground/options.js';
import type { Model } from '../model/model.js';
import { cFiles } from './c.js';
import type { CodeRequest, ExportedFile } from './exported-file.js';
import { flatScorer } from './flat-scorer.js';
import { goFiles } from './go.js';
import { javaFiles } from './java.js';
import { javascriptFiles } from './javascript.js';
import { onnxModel } from './onnx/onnx.js';
import { onnxTestScript } from './onnx/test-script.js';
import type { OnnxOpset, OnnxPrecision } from './onnx/tree-nodes.js';
import { pythonFiles } from './python.js';
import { type SqlDialect, sqlDialects } from './sql/dialects.js';
import { sqlFiles } from './sql/sql.js';
import { vectorFile } from './vector-file.js';

export const exportFormats = ['c', 'go', 'java', 'js', 'onnx', 'python', 'sql', 'vectors'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const onnxOpsets = [3, 5] as const;
export const onnxPrecisions = ['double', 'float'] as const;

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Name of the file, without a folder: what is in it is named after it. */
  readonly fileName: string;
  /** Also a test beside it, and the vectors that this runs; default: no. */
  readonly withTest?: boolean;
  /** A package for languages that have them; default: after the file, or none. */
  readonly package?: string;
  /** Of ONNX: the version of the operators for trees, ai.onnx.ml; default: 5. */
  readonly opset?: OnnxOpset;
  /** Of ONNX: of rows, thresholds and probabilities; default: double. */
  readonly precision?: OnnxPrecision;
  /** Of SQL: whose. */
  readonly dialect?: SqlDialect;
  /** Of SQL: the table whose rows a query scores. Default: an expression that gives the class. */
  readonly table?: string;
  /** Of SQL: the name of a function that gives the class. */
  readonly function?: string;
}

const optionTable: OptionTable<ExportOptions> = {
  format: required(oneOf(exportFormats)),
  fileName: required({
    expected: 'the name of a file, without a folder',
    takes: (value) => isText(value) && /^[^/\0\p{Cs}]+$/u.test(value),
  }),
  withTest: trueOrFalse,
  package: { expected: 'the name of a package', takes: isText },
  opset: oneOf(onnxOpsets),
  precision: oneOf(onnxPrecisions),
  dialect: oneOf(sqlDialects),
  table: { expected: 'the name of a table', takes: isText },
  function: { expected: 'the name of a function', takes: isText },
};

/** How a format is written: the extensions that its file may have, and its files. */
interface Writer {
  readonly extensions: readonly string[];
  write(request: CodeRequest): ExportedFile[];
}

const writers: Readonly<Record<Exclude<ExportFormat, 'onnx' | 'sql' | 'vectors'>, Writer>> = {
  c: { extensions: ['.c'], write: cFiles },
  go: { extensions: ['.go'], write: goFiles },
  java: { extensions: ['.java'], write: javaFiles },
  js: { extensions: ['.js', '.mjs'], write: javascriptFiles },
  python: { extensions: ['.py'], write: pythonFiles },
};

/**
 * A model as code, or as rows that prove code; the same bytes each time.
 *
 * @returns the file that was asked for first, then those that lie beside it
 * @throws UsageError for an option that is unknown or that the format does not have, a file name that does not suit it, a
 * model of a kind that cannot be exported, and a name that the language cannot write
 */
export function exportModel(model: Model, options: ExportOptions): ExportedFile[] {
  checkOptions(options, optionTable);
  refuseForeign(options);
  const { fileName, format, withTest = false } = options;
  if (format === 'vectors') return [{ name: fileName, content: vectorFile(model) }];
  if (format === 'onnx') return onnxExport(model, options);
  if (format === 'sql') return sqlExport(model, options);
  const { extensions, write } = writers[format];
  const { baseName, extension } = partsOf(fileName, extensions);
  const vectors = withTest ? `${baseName}.vectors.tsv` : undefined;
  const files = write({ scorer: flatScorer(model), baseName, extension, packageName: options.package, vectors });
  return vectors === undefined ? files : [...files, { name: vectors, content: vectorFile(model) }];
}

/** Options that only some formats have. */
const ONLY: readonly (readonly [keyof ExportOptions, readonly ExportFormat[]])[] = [
  ['package', ['go', 'java']],
  ['opset', ['onnx']],
  ['precision', ['onnx']],
  ['dialect', ['sql']],
  ['table', ['sql']],
  ['function', ['sql']],
];

function refuseForeign(options: ExportOptions): void {
  const { format, withTest } = options;
  for (const [option, formats] of ONLY) {
    if (options[option] === undefined || formats.includes(format)) continue;
    throw badOption(option, `the format ${formats.join(' or ')} with it`, options[option], { found: format });
  }
  if (withTest && format === 'vectors')
    throw badOption('withTest', 'a format that is code', withTest, { found: format });
}

function partsOf(fileName: string, extensions: readonly string[]) {
  const extension = extensions.find((one) => fileName.endsWith(one) && fileName !== one);
  if (extension === undefined) throw badOption('out', `a file that ends in ${extensions.join(' or ')}`, fileName);
  return { baseName: fileName.slice(0, -extension.length), extension };
}

function onnxExport(model: Model, options: ExportOptions): ExportedFile[] {
  const { fileName, opset = 5, precision = 'double', withTest = false } = options;
  const { baseName } = partsOf(fileName, ['.onnx']);
  const file = { name: fileName, content: onnxModel(flatScorer(model), baseName, { opset, precision }) };
  if (!withTest) return [file];
  const vectors = `${baseName}.vectors.tsv`;
  return [
    file,
    { name: `${baseName}_test.py`, content: onnxTestScript(fileName, vectors) },
    { name: vectors, content: vectorFile(model, precision) },
  ];
}

function sqlExport(model: Model, options: ExportOptions): ExportedFile[] {
  const { dialect, fileName, function: functionName, table, withTest = false } = options;
  if (dialect === undefined) throw badOption('dialect', `one of ${sqlDialects.join(', ')}`, dialect, { found: 'none' });
  if (table !== undefined && functionName !== undefined) {
    throw badOption('function', 'either a table or a function', functionName, { found: 'both' });
  }
  const { baseName } = partsOf(fileName, ['.sql']);
  return sqlFiles({
    model,
    dialect,
    fileName,
    table,
    functionName,
    testName: withTest ? `${baseName}_test.sql` : undefined,
  });
}
