import type { Verification } from '../evaluation/verify-model.js';
import { cut, nameInWords, plural, printable } from '../ground/quote.js';
import type { Model } from '../model/model.js';
import { requirePart } from '../model/provenance.js';

/** UTF-16 units of a value that are shown. */
const MAX_VALUE = 200;

/** The JSON form: every difference, null where one of the models has nothing. */
export function verificationJson({ sha256, version }: Model, path: string, verification: Verification) {
  const { by, differences, verified } = verification;
  return {
    model: { path, sha256, version },
    verified,
    ...(by === 'answers' ? { by } : {}),
    differences: differences.map(({ after = null, before = null, path }) => ({
      path,
      recorded: before,
      retrained: after,
    })),
  };
}

/** One line: that it is the same, or the first difference and how many more there are. */
export function describeVerification(model: Model, file: string, verification: Verification): string {
  const { by, differences, note, verified } = verification;
  const path = printable(file);
  if (by === 'answers') return describeAnswers(model, path);
  if (by === 'counts') return describeCounts(model, path, verification);
  if (verified) {
    const { engine } = requirePart(model, 'training', 'a verification');
    return `${path}: ${engine} gives the same bytes again, version ${model.version}`;
  }
  if (differences.length === 0) {
    return `${path}: expected the bytes that training gives, found the same model in another layout`;
  }
  // Another engine explains every other difference.
  const engine = differences.find(({ path }) => path === 'training.engine' || path === 'provenance.training.engine');
  const { after, before, path: place } = engine ?? differences[0];
  const more = differences.length === 1 ? '' : ` (${differences.length - 1} more)`;
  const found = `${path}: ${nameInWords(place)}: expected ${show(after)} as retrained, found ${show(before)}${more}`;
  return note === undefined ? found : `${found}; ${note}`;
}

/** Of an imported model. */
function describeAnswers({ verification, version }: Model, path: string): string {
  const rows = plural(verification.length, 'verification row');
  return `${path}: it has its hash and answers its ${rows} as recorded, version ${version}; it was imported, so no training can be repeated`;
}

/** Of leaves whose rows were counted. */
function describeCounts({ version }: Model, path: string, { differences }: Verification): string {
  const [first] = differences;
  if (first === undefined) return `${path}: each leaf has the rows that the table has in it, version ${version}`;
  const more = differences.length === 1 ? '' : ` (${differences.length - 1} more)`;
  return `${path}: ${first.path}: expected ${show(first.after)} as counted, found ${show(first.before)}${more}`;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : printable(cut(JSON.stringify(value), MAX_VALUE));
}
