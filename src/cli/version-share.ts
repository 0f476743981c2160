import { UsageError } from '../ground/errors.js';
import { quote } from '../ground/quote.js';
import { ALIAS_RULE, isAlias } from '../server/models/aliases.js';
import type { VersionShare } from '../server/models/served-models.js';
import { Flags } from './oclif.js';

/** `--shadow` and `--split`; `parseShares` reads them. */
export const shareFlag = (description: string) =>
  Flags.string({
    delimiter: ',',
    dependsOn: ['models'],
    description,
    helpValue: 'NAME=SHARE',
    multiple: true,
    multipleNonGreedy: true,
  });

/**
 * `canary=0.1`, of every model that has a version of this name; `wine/canary=10%` of one.
 *
 * @throws UsageError, also for a name that is there twice
 */
export function parseShares(flag: string, texts: readonly string[]): readonly VersionShare[] {
  const shares = texts.map((text) => parseShare(flag, text));
  const names = shares.map(({ alias, model }) => (model === undefined ? alias : `${model}/${alias}`));
  const again = names.find((name, index) => names.indexOf(name) !== index);
  if (again !== undefined) throw new UsageError(`--${flag}: expected each name once, found ${quote(again)} again`);
  return shares;
}

function parseShare(flag: string, text: string): VersionShare {
  const refuse = (expected: string, found: string) =>
    new UsageError(`--${flag}: expected ${expected}, found ${quote(found)}`);
  const parts = /^(?:([^/=]+)\/)?([^/=]+)=(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%?)$/i.exec(text);
  if (!parts) throw refuse('the name of versions and a share, as canary=0.1, wine/canary=0.1 or canary=10%', text);
  const [, model, alias = '', number, percent] = parts;
  if (!isAlias(alias)) throw refuse(`a name of versions, ${ALIAS_RULE}`, alias);
  const share = Number(number) / (percent ? 100 : 1);
  if (share > 0 && share <= 1) return { model, alias, share };
  throw refuse('a share above 0, at most 1 or 100%', text);
}
