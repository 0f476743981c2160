import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the attacks of all test files write what happened; set here, for the processes that run them. */
const VARIABLE = 'IRIS_ABUSE_TALLY';

/** What became of the cases of one attack: outcome → how many. */
export class Tally {
  readonly #attack: string;
  readonly #outcomes = new Map<string, number>();

  constructor(attack: string) {
    this.#attack = attack;
  }

  add(outcome: string, count = 1): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + count);
  }

  of(outcome: string): number {
    return this.#outcomes.get(outcome) ?? 0;
  }

  get cases(): number {
    let cases = 0;
    for (const count of this.#outcomes.values()) cases += count;
    return cases;
  }

  get outcomes(): readonly string[] {
    return [...this.#outcomes.keys()].sort();
  }

  /** Writes the attack's line of the table. */
  close(note = ''): void {
    const file = process.env[VARIABLE];
    if (file === undefined) return;
    const outcomes = Array.from(this.#outcomes, ([outcome, count]) => `${count} ${outcome}`).join(', ');
    appendFileSync(
      file,
      `${JSON.stringify([this.#attack, this.cases, note === '' ? outcomes : `${outcomes}; ${note}`])}\n`,
    );
  }
}

/** Vitest's global setup of this folder: the table of all attacks, once all have run. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'iris-abuse-'));
  const file = join(folder, 'tally.jsonl');
  writeFileSync(file, '');
  process.env[VARIABLE] = file;
  return () => {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    rmSync(folder, { recursive: true });
    process.stderr.write(table(lines.map((line) => JSON.parse(line))));
  };
}

function table(rows: readonly (readonly [attack: string, cases: number, outcomes: string])[]): string {
  const width = Math.max(0, ...rows.map(([attack]) => attack.length));
  const lines = rows.map(
    ([attack, cases, outcomes]) => `${attack.padEnd(width)}  ${String(cases).padStart(7)} cases: ${outcomes}\n`,
  );
  return `\nabuse\n${lines.join('')}`;
}
