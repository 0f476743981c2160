import type { DateOrder } from '../data/date-cells.js';
import type { LabelledTableOptions, TableOptions } from '../data/schema.js';
import { UsageError } from '../ground/errors.js';
import { MAX_PORT } from '../ground/limits.js';
import { quote } from '../ground/quote.js';
import { parseHost } from '../protocol/address.js';
import { formatDuration, parseDuration } from './duration.js';
import { Args, Flags } from './oclif.js';

/** Builders for flags: bounds are part of the declaration, and a bad value is exit code 2. */

interface Common {
  readonly description: string;
  readonly helpGroup?: string;
  /** Environment variable that is read when the flag is absent. */
  readonly env?: string;
}

/** An integer in [min, max]. Without `default` the value may be undefined. */
export const integerFlag = Flags.custom<number, { min: number; max?: number }>({
  parse: async (text, _context, { min, max }) => parseNumberWithin(text, /^[+-]?\d+$/, 'an integer', min, max),
});

/** A decimal number in [min, max]. */
export const numberFlag = Flags.custom<number, { min: number; max?: number }>({
  parse: async (text, _context, { min, max }) =>
    parseNumberWithin(text, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number', min, max),
});

function parseNumberWithin(text: string, grammar: RegExp, kind: string, min: number, max = Infinity): number {
  const value = grammar.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= min && value <= max && Number.isFinite(value)) return value;
  const bounds = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`expected ${kind} ${bounds}, found ${quote(text)}`);
}

/** A duration such as 500ms, 5s or 2m; the value is in milliseconds. */
export function durationFlag(options: Common & { readonly defaultMs: number; readonly minMs?: number }) {
  const { defaultMs, minMs = 0, ...common } = options;
  return Flags.custom<number>({
    ...common,
    default: defaultMs,
    defaultHelp: async () => formatDuration(defaultMs),
    helpValue: 'DURATION',
    parse: async (text) => {
      const ms = parseDuration(text);
      if (ms >= minMs) return ms;
      throw new UsageError(`expected a duration of at least ${formatDuration(minMs)}, found ${quote(text)}`);
    },
  })();
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** A size such as 256MB or 1.5GB; the value is in bytes. */
export const sizeFlag = Flags.custom<number>({
  helpValue: 'SIZE',
  parse: async (text) => {
    const [, number, unit = ''] = /^(\d+\.?\d*|\.\d+) ?([KMGT]?B)?$/i.exec(text.trim()) ?? [];
    if (number !== undefined) return Math.floor(Number(number) * SIZE_UNITS[unit.toUpperCase()]!);
    throw new UsageError(`expected a size such as 256MB or 2GB, found ${quote(text)}`);
  },
});

/** `--port` or `-p`, 0 to 65535. */
export function portFlag(options: Common & { readonly default: number }) {
  return integerFlag({ ...options, char: 'p', min: 0, max: MAX_PORT, helpValue: 'PORT' });
}

/** The path of what is read. */
export const fileFlag = Flags.custom<string>({ helpValue: 'FILE', parse: async (path) => namedFile(path) });

/** The same, as an argument; oclif says the flag of a bad value, but not the argument. */
export const fileArgument = Args.custom<string>({
  parse: async (path, _context, { name }) => namedFile(path, `${name.toUpperCase()}: `),
});

/** The path of what is written, which is no stream. */
export const outputFlag = Flags.custom<string>({
  helpValue: 'FILE',
  parse: async (path) => {
    if (path === '-') throw new UsageError(`expected a file, found ${quote(path)}`);
    return namedFile(path);
  },
});

function namedFile(path: string, subject = ''): string {
  if (path.trim() === '') throw new UsageError(`${subject}expected a file, found ${quote(path)}`);
  return path;
}

/** `--host`: a name, an address, or `unix:/path`. */
export const hostFlag = Flags.custom<string>({ helpValue: 'HOST', parse: async (text) => parseHost(text) });

/** `--health-socket`, of a server and of its clients. */
export const healthSocketFlag = (description: string) =>
  fileFlag({ description, env: 'IRIS_HEALTH_SOCKET', helpValue: 'SOCKET' });

/** `--model`; `BaseCommand.chooseModel(flags.model)` chooses the file when it is absent. */
export const modelFlag = fileFlag({
  char: 'm',
  description:
    'Model file, the folder of one, or an https:// URL. Default: ./artifacts/iris.json, else the bundled model.',
  env: 'IRIS_MODEL',
});

/** `--expect-model`: the first hex digits of the artifact's hash. */
export const expectModelFlag = Flags.custom<string>({
  description: 'Refuse a model whose hash does not begin with this; a server tells the first 12 digits only.',
  helpValue: 'PREFIX',
  parse: async (text) => {
    if (/^[0-9a-f]{1,64}$/i.test(text)) return text.toLowerCase();
    throw new UsageError(`expected 1 to 64 hex digits, found ${quote(text)}`);
  },
})();

/** `--verify-key`; `readVerifyKeys` reads them. */
export const verifyKeyFlag = (dependsOn: string[] = []) =>
  fileFlag({
    delimiter: ',',
    dependsOn,
    description: 'Refuse a model that none of these public keys has signed. May be given again.',
    env: 'IRIS_VERIFY_KEY',
    multiple: true,
    multipleNonGreedy: true,
  });

/** A list of column names: `a,b`, or the flag repeated; `\,` is a comma in a name. */
export const columnsFlag = (description: string) =>
  Flags.string({ delimiter: ',', description, helpValue: 'COLUMNS', multiple: true, multipleNonGreedy: true });

const datesFlag = Flags.string({
  delimiter: ',',
  description:
    'Columns of dates, as year-month-day, or column=dmy or column=mdy; read as days, with the year, month and weekday beside.',
  helpValue: 'COLUMNS',
  multiple: true,
  multipleNonGreedy: true,
});

/** `sold=dmy` → `['sold', 'dmy']` */
function dateColumn(text: string): [string, DateOrder] {
  const [, name = text, order = 'ymd'] = /^(.+)=(ymd|dmy|mdy)$/s.exec(text) ?? [];
  return [name, order as DateOrder];
}

/** How a table is written: for train, evaluate, predict and verify. */
export const tableFlags = {
  comment: Flags.string({ description: 'Leave out lines that begin with this, such as #.', helpValue: 'SIGN' }),
  dates: datesFlag,
  decimal: Flags.option({
    description: 'Sign before the fraction of a number. Default: a point.',
    options: [',', '.'] as const,
  })(),
  delimiter: Flags.string({
    description:
      "Character between cells; \\t is a tab, ' +' any number of blanks. Default: what the first lines show, else a comma.",
    helpValue: 'CHARACTER',
  }),
  encoding: Flags.string({
    description: 'Encoding, such as windows-1252 or utf-16le. Default: what a byte order mark says, else UTF-8.',
    helpValue: 'NAME',
  }),
  missing: Flags.string({
    delimiter: ',',
    description:
      "Words for a missing value in any column; '' is none. Default: NA, null, - and others in columns of numbers. In quotes they are text.",
    helpValue: 'WORDS',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'no-header': Flags.boolean({ description: 'The first line is a row; columns are called column_1, column_2, ….' }),
  query: Flags.string({
    description: 'Of an engine, in the place of a table: a query, in its SQL.',
    exclusive: ['table'],
    helpValue: 'SQL',
  }),
  'skip-lines': integerFlag({ description: 'Lines before the header that are left out.', helpValue: 'N', min: 0 }),
  table: Flags.string({
    description: 'Of an engine, such as duckdb:FILE: a table or a view, after its schema where it has one.',
    helpValue: 'NAME',
  }),
  thousands: Flags.option({
    description: 'Sign between groups of three digits. Default: none.',
    options: [',', '.', ' ', "'"] as const,
  })(),
  units: Flags.boolean({ description: 'Read numbers with a currency sign or %, without it: $5.10, 3 %.' }),
};

/** The values of `tableFlags` as options of `readDataset` and `readRows`. */
export function tableOptions(flags: {
  readonly comment?: string | undefined;
  readonly dates?: readonly string[] | undefined;
  readonly decimal?: TableOptions['decimal'];
  readonly delimiter?: string | undefined;
  readonly encoding?: string | undefined;
  readonly missing?: readonly string[] | undefined;
  readonly 'no-header': boolean;
  readonly query?: string | undefined;
  readonly 'skip-lines'?: number | undefined;
  readonly table?: string | undefined;
  readonly thousands?: TableOptions['thousands'];
  readonly units: boolean;
}): TableOptions {
  const { comment, dates, decimal, delimiter, encoding, missing, query, table, thousands, units } = flags;
  const { 'skip-lines': skipLines } = flags;
  return {
    ...(flags['no-header'] && { header: false }),
    ...(comment !== undefined && { comment }),
    ...(dates !== undefined && { dates: Object.fromEntries(dates.map(dateColumn)) }),
    ...(decimal !== undefined && { decimal }),
    ...(delimiter !== undefined && { delimiter }),
    ...(encoding !== undefined && { encoding }),
    ...(missing !== undefined && { missing }),
    ...(query !== undefined && { query }),
    ...(skipLines !== undefined && { skipLines }),
    ...(table !== undefined && { table }),
    ...(thousands !== undefined && { thousands }),
    ...(units && { units }),
  };
}

/** The same of a table with a target: for train, evaluate and verify. */
export const labelledTableFlags = {
  ...tableFlags,
  'drop-missing-target': Flags.boolean({
    description: 'Leave out rows without a value of the target, and say how many they are.',
  }),
};

/** The values of `labelledTableFlags` as options of `readDataset`. */
export function labelledTableOptions(
  flags: Parameters<typeof tableOptions>[0] & { readonly 'drop-missing-target': boolean },
): LabelledTableOptions {
  return { ...tableOptions(flags), ...(flags['drop-missing-target'] && { dropMissingTarget: true }) };
}

/** A client's TLS options: for predict and health. */
export const clientTlsFlags = {
  'tls-ca': fileFlag({
    description: 'Certificates that the server is checked with; turns TLS on.',
  }),
  'tls-cert': fileFlag({ dependsOn: ['tls-key'], description: 'Certificate of this client.' }),
  'tls-key': fileFlag({ dependsOn: ['tls-cert'], description: 'Private key of this client.' }),
};
