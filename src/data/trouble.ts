import { type Advice, DataError, type DataReason } from '../ground/errors.js';
import { nameInWords, namesInWords } from '../ground/quote.js';
import type { Remedy } from './remedy.js';

/**
 * The share of texts among numbers up to which they are taken for mistakes rather than for another kind of column.
 * Why: docs/decisions/up-to-a-tenth-is-odd.md
 */
export const ODD_SHARE = 0.1;

/** What was found of a column that keeps a table from being learnt from as it is. */
export interface Trouble {
  readonly column: string;
  readonly reason: DataReason;
  /** Where, what was expected, what was found. */
  readonly message: string;
  readonly advice?: Advice | undefined;
  /** Options with which it is gone; none where a person has to decide. */
  readonly remedy?: Remedy | undefined;
  /** True for a column that can be learnt from but had better not: no error by itself. */
  readonly mild?: boolean;
}

/** What keeps a table from being learnt from, with the troubles that it is made of. */
export class TroublesError extends DataError {
  static override readonly name: string = DataError.name;
  declare readonly options?: Remedy;
  readonly #found: { readonly source: string; readonly troubles: readonly Trouble[] };

  /**
   * One error that tells all: the trouble itself where there is one, else a list.
   * @param options with which all would be gone
   */
  constructor(source: string, troubles: readonly Trouble[], options: Remedy | undefined) {
    super(...described(source, troubles, options));
    this.#found = { source, troubles };
  }

  /** @param options with which these and the others would be gone; undefined where a person has to decide */
  with(others: readonly Trouble[], options: Remedy | undefined): TroublesError {
    const { source, troubles } = this.#found;
    return new TroublesError(source, [...troubles, ...others], options);
  }

  /** What it is made of. */
  get found(): readonly Trouble[] {
    return this.#found.troubles;
  }
}

function described(
  source: string,
  troubles: readonly Trouble[],
  options: Remedy | undefined,
): ConstructorParameters<typeof DataError> {
  const errors = troubles.map(({ advice, message, reason }) => new DataError(reason, message, { advice }));
  if (troubles.length === 1) {
    const { advice, message, reason } = troubles[0]!;
    return [reason, message, { advice, options }];
  }
  const serious = new Set(troubles.filter(({ mild }) => !mild).map(({ column }) => column));
  const isOne = serious.size === 1;
  const columns = isOne ? `the column ${nameInWords([...serious][0]!)}` : `${serious.size} columns`;
  const headline = `${source}: ${columns} cannot be learnt from as ${isOne ? 'it is' : 'they are'}`;
  const open = options === undefined && !isOne ? toDecide(troubles) : '';
  const last =
    options === undefined ? [] : [`with the options ${JSON.stringify(options)} the table can be learnt from`];
  const message = [headline + open, ...errors.map((error) => error.message), ...last].join('\n');
  return ['several', message, { options, troubles: errors }];
}

/** Columns against whose trouble no options help, or against one of whose troubles. */
function toDecide(troubles: readonly Trouble[]): string {
  const columns = new Set(troubles.filter(({ remedy }) => remedy === undefined).map(({ column }) => column));
  return columns.size === 0 ? '' : `; to decide: ${namesInWords([...columns])}`;
}
