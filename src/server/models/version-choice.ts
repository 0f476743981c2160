import { IrisError } from '../../ground/errors.js';
import { nameInWords, quote } from '../../ground/quote.js';
import { ALIASES_FILE, type ReadAliases, STABLE } from './aliases.js';
import type { KnownFile } from './model-files.js';
import type { ModelVersions } from './model-table.js';
import type { ServedModel } from './served-model.js';

/** The fewest digits of a version by which an alias may name it. */
const LEAST_DIGITS = 4;

/**
 * What is served of a model's files: every version, by default the one that is called stable, without such a name the
 * last file. Where the names cannot be read whole, what answered by default before goes on.
 *
 * @param folder of the model, which callers are not told
 * @param before what answered by default until now: it goes on where the stable version cannot be had
 */
export function chooseVersions(
  name: string,
  folder: string,
  files: readonly KnownFile[],
  { aliases, problems: aliasProblems }: ReadAliases,
  before: ServedModel | undefined,
): ModelVersions {
  const problems = [...aliasProblems];
  const served = new Map<string, ServedModel>();
  for (const { error, file, served: one } of files) {
    if (error !== undefined) problems.push(problemOf(error, file, folder));
    if (one && !served.has(one.model.version)) served.set(one.model.version, one);
  }
  const all = [...served.values()];
  const named = new Map<string, ServedModel>();
  for (const [alias, version] of aliases) {
    const found = versionOf(version, files, all);
    if (found) named.set(alias, found);
    else problems.push(`${ALIASES_FILE}: ${alias}: expected a version that is loaded, found ${quote(version)}`);
  }
  const newest = files.findLast((file) => file.served !== undefined)?.served;
  const kept = all.find(({ model }) => model.sha256 === before?.model.sha256);
  // Of a file of names that is wrong in places nobody knows whether it has a stable version.
  const isChosen = aliases.has(STABLE) || aliasProblems.length > 0;
  const standard = isChosen ? (named.get(STABLE) ?? kept) : newest;
  if (files.length === 0) problems.push('expected a file of a version, as version.json, found none');
  return { name, served: all, standard, aliases: named, problems };
}

/** @returns undefined where none, or more than one, begins so */
function versionOf(
  version: string,
  files: readonly KnownFile[],
  served: readonly ServedModel[],
): ServedModel | undefined {
  const file = files.find((known) => known.file === version);
  if (file) return file.served;
  if (version.length < LEAST_DIGITS) return undefined;
  const found = served.filter(({ model }) => model.sha256.startsWith(version.toLowerCase()));
  return found.length === 1 ? found[0] : undefined;
}

/** Why a file is refused, without the way to it. What is no error of ours says nothing that a caller may know. */
export function problemOf(error: unknown, file: string, folder: string): string {
  const message = error instanceof IrisError ? error.message : 'cannot be read';
  const shown = nameInWords(file);
  const rest = [`${folder}/${file}: `, `${folder}\\${file}: `, `${file}: `].find((start) => message.startsWith(start));
  const reason = rest === undefined ? message : message.slice(rest.length);
  return `${shown}: ${reason.replace(QUOTED_TEXT, '')}`;
}

/** What JSON.parse quotes of a text that is no JSON: of a file that lies there by mistake, nobody may read it. */
const QUOTED_TEXT = /[,:] (?:\.{3})?".*"(?:\.{3})? is not valid JSON$/;
