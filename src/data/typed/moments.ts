/** Days and times as they stand in CSV: `2024-01-31`, `10:30:00`, `2024-01-31 10:30:00.25`, and with `+00` in UTC. */

const DAY_SECONDS = 86_400n;
/** Of the largest and smallest values, by which engines mean days that never come. */
const LAST_YEAR_DAYS = 100_000_000;

/** @param days since 1970-01-01 */
export function dateInWords(days: number): string {
  if (Math.abs(days) > LAST_YEAR_DAYS) return days < 0 ? '-infinity' : 'infinity';
  const date = new Date(days * 86_400_000);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const shown = year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
  return `${shown}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** @param since midnight, in parts of a second */
export function timeInWords(since: bigint, perSecond: number): string {
  const parts = BigInt(perSecond);
  const seconds = Number(since / parts);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => twoDigits(Math.floor(part)));
  const rest = since % parts;
  if (rest === 0n) return clock.join(':');
  const fraction = String(parts + rest).slice(1);
  return `${clock.join(':')}.${fraction.replace(/0+$/, '')}`;
}

/** @param since 1970-01-01, in parts of a second */
export function timestampInWords(since: bigint, perSecond: number, zoned: boolean): string {
  const dayParts = DAY_SECONDS * BigInt(perSecond);
  const part = ((since % dayParts) + dayParts) % dayParts;
  const date = dateInWords(Number((since - part) / dayParts));
  if (date.endsWith('infinity')) return date;
  return `${date} ${timeInWords(part, perSecond)}${zoned ? '+00' : ''}`;
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}
