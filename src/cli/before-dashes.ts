/** The words of a command line in which flags are looked for: what follows `--` is taken as it is. */
export function beforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
