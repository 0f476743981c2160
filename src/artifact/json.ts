import { ArtifactError } from '../errors.js';

/** Deepest nesting of the format: model, features, feature, histogram, counts, one row of counts. */
const MAX_DEPTH = 6;
/** Objects and arrays: two per node of the largest tree that a file has room for. Three bytes of text make a hundred. */
const MAX_CONTAINERS = 11_000_000;

/**
 * JSON of one model from the bytes of a file: strict UTF-8, no key twice, no deeper than the format goes.
 * `__proto__` is an ordinary key here, as JSON.parse makes it.
 *
 * @throws ArtifactError
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  const { containers, depth, keys } = measure(text);
  if (containers > MAX_CONTAINERS) {
    throw new ArtifactError(`expected at most ${MAX_CONTAINERS} objects and arrays, found ${containers}`);
  }
  if (depth > MAX_DEPTH) throw new ArtifactError(`expected at most ${MAX_DEPTH} levels of nesting, found ${depth}`);
  const value = parseText(text);
  if (countKeys(value) !== keys) throw new ArtifactError('expected every key once, found one twice in one object');
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ArtifactError('expected UTF-8, found other bytes', { cause });
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine's message quotes the text, line ends included: an error is one line.
    const reason = (cause as Error).message.replace(/\s+/g, ' ');
    throw new ArtifactError(`not JSON: ${reason}`, { cause });
  }
}

/** Brackets, nesting and colons outside of strings; right for valid JSON, harmless for anything else. */
function measure(text: string): { containers: number; depth: number; keys: number } {
  let containers = 0;
  let depth = 0;
  let level = 0;
  let keys = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === COLON) keys++;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      containers++;
      depth = Math.max(depth, ++level);
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) level--;
  }
  return { containers, depth, keys };
}

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let keys = Array.isArray(value) ? 0 : members.length;
  for (const member of members) if (typeof member === 'object') keys += countKeys(member);
  return keys;
}
