/** Bins that a histogram should have at most; rounding outwards can add two. */
const BINS = 20;
/** Doubles below have fewer digits the smaller they are. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/**
 * Edges at round numbers, ascending, so that a person can read them and values on a decimal grid fall evenly: the step
 * is 1, 2 or 5 times a power of ten, the first edge is at most `min`, the last one above `max`. Where doubles leave no
 * room for that (one value only, or a range that is tiny or huge beside the values) there is one bin: [min, max].
 *
 * Bin i holds edges[i] <= value < edges[i + 1]; the last bin holds its upper edge too.
 */
export function histogramEdges(min: number, max: number): number[] {
  const step = roundStep(min, max);
  if (step === undefined) return [min, max];
  // Decimal text is rounded once: no edge is 0.30000000000000004, and no power is computed.
  const edge = (index: number) => Number(`${index * step.digit}e${step.exponent}`);
  let first = Math.floor(min / edge(1));
  while (edge(first) > min) first--;
  while (edge(first + 1) <= min) first++;
  const edges = [edge(first)];
  for (let index = first + 1; edges[edges.length - 1] <= max; index++) edges.push(edge(index));
  return Number.isFinite(edges[0]) && Number.isFinite(edges[edges.length - 1]) ? edges : [min, max];
}

interface Step {
  readonly digit: number;
  readonly exponent: number;
}

/** The smallest 1, 2 or 5 times a power of ten that is at least a BINS-th of the range; none where it is not exact. */
function roundStep(min: number, max: number): Step | undefined {
  const width = max / BINS - min / BINS;
  const [mantissa, exponent] = width.toExponential().split('e').map(Number);
  const digit = [1, 2, 5].find((digit) => digit >= mantissa);
  const step = digit === undefined ? { digit: 1, exponent: exponent + 1 } : { digit, exponent };
  const steps = Math.max(-min, max) / Number(`${step.digit}e${step.exponent}`) + 2;
  return width >= SMALLEST_NORMAL && steps * step.digit <= Number.MAX_SAFE_INTEGER ? step : undefined;
}
