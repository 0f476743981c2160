import fc from 'fast-check';
import type { ParameterRange } from '../../src/ground/parameter-table.js';
import { HYPER_PARAMETERS, hyperParameterTable, type RecordedParameters } from '../../src/model/hyper-parameters.js';

/** Every parameter with any value that a record of so many classes may have. */
export function recordedParameters(classCount: number): fc.Arbitrary<RecordedParameters> {
  const values = HYPER_PARAMETERS.map((name) => [name, recordedValue(hyperParameterTable[name].range, classCount)]);
  return fc.record(Object.fromEntries(values)) as fc.Arbitrary<unknown> as fc.Arbitrary<RecordedParameters>;
}

function recordedValue(range: ParameterRange, classCount: number): fc.Arbitrary<unknown> {
  if (range.kind === 'choice') return fc.constantFrom(...range.choices);
  if (range.kind === 'integer') {
    const whole = fc.integer({ min: range.least, max: Number.MAX_SAFE_INTEGER });
    return range.orNull ? fc.option(whole) : whole;
  }
  if (range.kind === 'number') {
    const { below = 1e9, least } = range;
    return fc.double({ min: least, max: below, maxExcluded: true, noNaN: true }).map((value) => value + 0);
  }
  const weight = fc.double({ min: range.above, minExcluded: true, max: 9, noNaN: true });
  return fc.option(fc.array(weight, { minLength: classCount, maxLength: classCount }));
}
