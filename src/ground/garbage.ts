import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export type SetFlags = (flags: string) => void;

/** Collects garbage; all of it, unless a smaller collection is wished for. */
export type Collect = (wish?: object) => void;

/** Without a flag for the whole process. */
export function garbageCollector(setFlags: SetFlags = setFlagsFromString): Collect {
  setFlags('--expose-gc');
  const gc = runInNewContext('gc');
  setFlags('--no-expose-gc');
  return gc;
}
