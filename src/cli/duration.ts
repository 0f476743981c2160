import { UsageError } from '../ground/errors.js';
import { MAX_TIMER_MS } from '../ground/limits.js';
import { quote } from '../ground/quote.js';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * Reads a duration: a decimal number and a unit, as in `500ms`, `5s`, `1.5m`, `1h`. The one grammar of durations.
 *
 * @returns whole milliseconds
 * @throws UsageError for anything else, a missing unit included
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  if (!match) throw new UsageError(`expected a duration such as 500ms, 5s or 2m, found ${quote(text)}`);
  const ms = Math.round(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]);
  if (ms > MAX_TIMER_MS) throw new UsageError(`expected a duration of at most 24 days, found ${quote(text)}`);
  return ms;
}

/** Writes milliseconds in the largest unit that needs no fraction: 120000 is `2m`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    if (ms > 0 && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return ms === 0 ? '0s' : `${ms}ms`;
}
