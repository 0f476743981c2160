/**
 * Which modules of a bundle share a file. Those that the same scripts load do; that alone makes fifty files for one command,
 * and to find each, for each that imports it, takes longer than to read code that is not run. So files are joined.
 * Why: docs/decisions/bundled-command-line.md
 */

/** What a file costs, in bytes of code as tsc writes it: of what is not run V8 compiles nothing. */
const FILE_COST = 250_000;
/** A package is many files. */
const PACKAGE_COST = 10_000_000;

/**
 * @typedef {{ readonly imports: readonly string[], readonly bytes: number }} Module
 * @typedef {{ readonly ids: readonly string[], readonly bytes: number, readonly isFixed: boolean }} File
 * @typedef {{ readonly loads: ReadonlySet<string>, readonly isClosed: boolean }} Start
 */

/**
 * @param {ReadonlyMap<string, Module>} modules what they import is one of them, or a package
 * @param {readonly (readonly string[])[]} starts what is loaded first, as a script is, and a command after it; in any order
 * @param {ReadonlySet<string>} closed those that load nothing in vain
 * @returns {Map<string, string>} the name of the file of each module that starts of several kinds load
 */
export function sharedFiles(modules, starts, closed) {
  const entries = new Set(starts.flat());
  // A bundler gives them as it comes to read them, and the same sources are to make the same package.
  const ordered = [...starts].sort((a, b) => (a.join() < b.join() ? -1 : 1));
  const all = ordered.map((ids) => ({
    loads: reached(ids, (id) => modules.get(id)?.imports ?? []),
    isClosed: ids.some((id) => closed.has(id)),
  }));
  let files = firstFiles(modules, all, entries);
  for (;;) {
    const joined = joinTwo(files, modules, all);
    if (joined === undefined) break;
    files = joined;
  }
  const shared = files.filter(({ isFixed }) => !isFixed);
  return new Map(shared.flatMap(({ ids }, index) => ids.map((id) => [id, `shared-${index}`])));
}

/**
 * Modules by the starts that load them. What starts is a file of its own, and so is what one start alone loads.
 *
 * @param {ReadonlyMap<string, Module>} modules
 * @param {readonly Start[]} starts
 * @param {ReadonlySet<string>} entries
 * @returns {File[]}
 */
function firstFiles(modules, starts, entries) {
  /** @type {Map<string, File>} */
  const files = new Map();
  for (const id of new Set(starts.flatMap(({ loads }) => [...loads]))) {
    const module = modules.get(id);
    const users = starts.flatMap(({ loads }, index) => (loads.has(id) ? [index] : []));
    const isFixed = module === undefined || entries.has(id) || users.length === 1;
    const key = isFixed ? id : users.join();
    const { ids, bytes } = files.get(key) ?? { ids: [], bytes: 0 };
    files.set(key, { ids: [...ids, id], bytes: bytes + (module?.bytes ?? PACKAGE_COST), isFixed });
  }
  return [...files.values()];
}

/**
 * @param {readonly File[]} files
 * @param {ReadonlyMap<string, Module>} modules
 * @param {readonly Start[]} starts
 * @returns {File[] | undefined} with the two that gain most joined
 */
function joinTwo(files, modules, starts) {
  const owners = new Map(files.flatMap((file) => file.ids.map((id) => [id, file])));
  /** @param {File} file */
  const importsOf = (file) => new Set(file.ids.flatMap((id) => (modules.get(id)?.imports ?? []).map(ownerOf)));
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const closures = new Map(files.map((file) => [file, reached([file], (other) => imports.get(other) ?? [])]));
  const loads = starts.map((start) => ({ ...start, files: reached([...start.loads].map(ownerOf), closureOf) }));
  let best = { gain: 0, pair: /** @type {File[]} */ ([]) };
  const movable = files.filter(({ isFixed }) => !isFixed);
  for (const [index, one] of movable.entries()) {
    for (const other of movable.slice(index + 1)) {
      const gain = gainOf(one, other);
      if (gain > best.gain && !isBetween(one, other) && !isBetween(other, one)) best = { gain, pair: [one, other] };
    }
  }
  const [one, other] = best.pair;
  if (one === undefined || other === undefined) return undefined;
  const joined = { ids: [...one.ids, ...other.ids], bytes: one.bytes + other.bytes, isFixed: false };
  return [...files.filter((file) => file !== one && file !== other), joined];

  /** @param {string} id */
  function ownerOf(id) {
    return /** @type {File} */ (owners.get(id));
  }
  /** @param {File} file */
  function closureOf(file) {
    return closures.get(file) ?? [];
  }
  /** @param {File} one @param {File} other */
  function gainOf(one, other) {
    let gain = 0;
    for (const { files: loaded, isClosed } of loads) {
      const [hasOne, hasOther] = [loaded.has(one), loaded.has(other)];
      if (hasOne && hasOther) gain += FILE_COST;
      else if (hasOne || hasOther) {
        if (isClosed) return 0;
        const added = [...closureOf(hasOne ? other : one)].filter((file) => !loaded.has(file));
        gain -= added.reduce((sum, { bytes }) => sum + bytes + FILE_COST, -FILE_COST);
      }
    }
    return gain;
  }
  /** Whether one imports the other by way of a third, which would then be in a circle. @param {File} one @param {File} other */
  function isBetween(one, other) {
    return [...(imports.get(one) ?? [])].some(
      (file) => file !== one && file !== other && closures.get(file)?.has(other),
    );
  }
}

/**
 * @template T
 * @param {Iterable<T>} from
 * @param {(item: T) => Iterable<T>} next
 * @returns {Set<T>}
 */
function reached(from, next) {
  const found = new Set(from);
  for (const item of found) for (const other of next(item)) found.add(other);
  return found;
}
