import { RequestError } from '../../errors.js';

/**
 * Arrays, objects and members of objects that one request may have: parsing takes a microsecond or more for each, and
 * nothing else is answered meanwhile. Numbers and strings are a tenth of that.
 */
const MAX_PARTS = 500_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ARRAY = 0x5b;
const OBJECT = 0x7b;
const MEMBER = 0x3a;

/** @throws RequestError when JSON has too many parts to be parsed; it need not be JSON */
export function requireFewParts(json: Uint8Array): void {
  // Each part is a byte at least.
  if (json.byteLength <= MAX_PARTS) return;
  let parts = 0;
  let inString = false;
  for (let at = 0; at < json.byteLength; at++) {
    const byte = json[at];
    if (byte === QUOTE) inString = !inString;
    else if (inString) {
      if (byte === BACKSLASH) at++;
    } else if (byte === ARRAY || byte === OBJECT || byte === MEMBER) parts++;
  }
  if (parts <= MAX_PARTS) return;
  const description = `expected at most ${MAX_PARTS} arrays, objects and members of objects, found ${parts}`;
  throw new RequestError([{ field: 'request', description: `${description}: data need not be nested` }]);
}
