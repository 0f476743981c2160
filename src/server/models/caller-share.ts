/**
 * Where a caller stands among all, from 0 to below 1: the same one always there, others evenly. Each model has another order
 * of them. FNV-1a, finished as MurmurHash3 does: alone its upper bits hardly depend on the last characters.
 * http://www.isthe.com/chongo/tech/comp/fnv, https://github.com/aappleby/smhasher
 */
export function callerShare(model: string, caller: string): number {
  let hash = 0x811c9dc5;
  const text = `${model}\n${caller}`;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
