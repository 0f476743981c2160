import { UsageError } from '../ground/errors.js';
import { quote } from '../ground/quote.js';
import type { VersionShare } from '../server/models/served-models.js';
import { Flags } from './oclif.js';

/** `--shadow` and `--split`; `parseShare` reads each. */
export const shareFlag = (description: string) =>
  Flags.string({
    delimiter: ',',
    dependsOn: ['models'],
    description,
    helpValue: 'NAME=SHARE',
    multiple: true,
    multipleNonGreedy: true,
  });

/** `canary=0.1`, of every model that has a version of this name; `wine/canary=10%` of one. */
export function parseShare(flag: string, text: string): VersionShare {
  const [, model, alias = '', number = '', percent] = /^(?:([^/=]+)\/)?([^/=]+)=(\d*\.?\d+)(%?)$/.exec(text) ?? [];
  const share = Number(number) / (percent ? 100 : 1);
  if (share > 0 && share <= 1) return { model, alias, share };
  const expected = 'the name of versions and a share, as canary=0.1, wine/canary=0.1 or canary=10%';
  throw new UsageError(`--${flag}: expected ${expected}, found ${quote(text)}`);
}
