/** 32-bit neighbours of doubles, and how the bits of these are written. */

const view = new DataView(new ArrayBuffer(8));

/** 16 lower-case hex digits, the sign first. One writing for NaN. */
export function hexOf(value: number): string {
  view.setFloat64(0, Number.isNaN(value) ? Number.NaN : value);
  const half = (at: number) => view.getUint32(at).toString(16).padStart(8, '0');
  return half(0) + half(4);
}

/** The largest 32-bit number at or below a double. */
export function floatDown(value: number): number {
  const nearest = Math.fround(value);
  return nearest <= value ? nearest : -floatAbove(-nearest);
}

/** The smallest 32-bit number at or above a double. */
export function floatUp(value: number): number {
  return -floatDown(-value);
}

/** The next 32-bit number above one; of the largest, infinity. */
export function floatAbove(value: number): number {
  if (value === 0) return 2 ** -149;
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + (value > 0 ? 1 : -1));
  return view.getFloat32(0);
}
