import { nameInWords } from '../ground/quote.js';
import type { Model } from '../model/model.js';
import { requireEnsemble } from '../model/single-tree.js';
import { ensembleJson, kindInWords, sourceInWords, treesInWords } from './inspection/ensemble.js';
import { listedNames, printableModel, shownSentence } from './printable.js';

export interface ImportResult {
  readonly model: Model;
  readonly notes: readonly string[];
  /** Rounds of boosting that were taken, of how many; null where there was no choice. */
  readonly rounds: { readonly taken: number; readonly count: number } | null;
  /** Where the model was written. */
  readonly path: string;
  /** The file that it was read from. */
  readonly source: string;
}

/** The JSON form. */
export function importJson({ model, notes, path, rounds }: ImportResult) {
  return { ...ensembleJson({ model, path, scorer: requireEnsemble(model) }), notes, rounds };
}

/** The form for a person; it ends in a newline. */
export function importText({ path, rounds, source, ...result }: ImportResult): string {
  const model = printableModel(result.model);
  const scorer = requireEnsemble(model);
  const lines = [
    `imported ${source}, of ${sourceInWords(scorer)}`,
    `classes    ${listedNames(model.classes, nameInWords)}`,
    `features   ${listedNames(model.features.map(({ name }) => name))}`,
    `kind       ${kindInWords(scorer)}`,
    `trees      ${treesInWords(scorer)}`,
    ...(rounds === null ? [] : [`rounds     ${rounds.taken} of ${rounds.count}`]),
    `model      ${path}`,
    `sha256     ${model.sha256}`,
  ];
  return `${lines.map(shownSentence).join('\n')}\n`;
}
