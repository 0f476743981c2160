import { readFileSync } from 'node:fs';

/** Whether the process may only have so many addresses (`ulimit -v`): only Linux keeps to such a limit. */
export function hasAddressLimit(): boolean {
  try {
    return !/^Max address space +unlimited/m.test(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return false; // there is no such file elsewhere, nor a limit
  }
}
