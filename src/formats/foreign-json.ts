import { ArtifactError } from '../ground/errors.js';
import { shownReason } from '../ground/quote.js';

/** Strings as they are, and tokens that are no JSON. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/**
 * JSON as Python and XGBoost up to 2.1 write it: with the tokens `NaN`, where there is no number, and `Infinity`.
 *
 * @throws ArtifactError
 */
export function parseForeignJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ArtifactError('not-json', 'expected UTF-8, found other bytes', { cause });
  }
  try {
    return JSON.parse(text);
  } catch {
    return parseWithoutTokens(text);
  }
}

function parseWithoutTokens(text: string): unknown {
  // A number that overflows is infinite; what has no number is not finite either, and no leaf or threshold may be that.
  const plain = text.replace(TOKENS, (token) => {
    if (token.startsWith('"')) return token;
    return token.startsWith('-') ? '-1e999' : '1e999';
  });
  try {
    return JSON.parse(plain);
  } catch (cause) {
    throw new ArtifactError(
      'not-json',
      `expected JSON, found text that is none: ${shownReason((cause as Error).message)}`,
      { cause },
    );
  }
}
