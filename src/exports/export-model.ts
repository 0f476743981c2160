import { badOption, UsageError } from '../ground/errors.js';
import { checkOptions, isText, type OptionTable, oneOf, required, trueOrFalse } from '../ground/options.js';
import type { Model } from '../model/model.js';
import { cFiles } from './c.js';
import type { CodeRequest, ExportedFile } from './exported-file.js';
import { flatScorer } from './flat-scorer.js';
import { goFiles } from './go.js';
import { javaFiles } from './java.js';
import { javascriptFiles } from './javascript.js';
import { pythonFiles } from './python.js';
import { vectorFile } from './vector-file.js';

export const exportFormats = ['c', 'go', 'java', 'js', 'python', 'vectors'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Name of the file, without a folder: what is in it is named after it. */
  readonly fileName: string;
  /** Also a test beside it, and the vectors that this runs; default: no. */
  readonly withTest?: boolean;
  /** A package for languages that have them; default: after the file, or none. */
  readonly package?: string;
}

const table: OptionTable<ExportOptions> = {
  format: required(oneOf(exportFormats)),
  fileName: required({ expected: 'the name of a file', takes: (value) => isText(value) && value !== '' }),
  withTest: trueOrFalse,
  package: { expected: 'the name of a package', takes: isText },
};

/** How a format is written: the extensions that its file may have, and its files. */
interface Writer {
  readonly extensions: readonly string[];
  /** Whether it has packages. */
  readonly packages?: true;
  write(request: CodeRequest): ExportedFile[];
}

const writers: Readonly<Record<Exclude<ExportFormat, 'vectors'>, Writer>> = {
  c: { extensions: ['.c'], write: cFiles },
  go: { extensions: ['.go'], packages: true, write: goFiles },
  java: { extensions: ['.java'], packages: true, write: javaFiles },
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
  checkOptions(options, table);
  const { fileName, format, package: packageName, withTest = false } = options;
  if (format === 'vectors') {
    if (withTest)
      throw new UsageError('withTest: expected a format that is code, found vectors', { option: 'withTest' });
    return [{ name: fileName, content: vectorFile(model) }];
  }
  const { extensions, packages, write } = writers[format];
  if (packageName !== undefined && !packages) {
    throw badOption('package', 'a format with packages (go or java)', packageName, { found: format });
  }
  const extension = extensions.find((one) => fileName.endsWith(one) && fileName !== one);
  if (extension === undefined) {
    throw badOption('out', `a file that ends in ${extensions.join(' or ')}`, fileName);
  }
  const baseName = fileName.slice(0, -extension.length);
  const vectors = withTest ? `${baseName}.vectors.tsv` : undefined;
  const files = write({ scorer: flatScorer(model), baseName, extension, packageName, vectors });
  return vectors === undefined ? files : [...files, { name: vectors, content: vectorFile(model) }];
}
