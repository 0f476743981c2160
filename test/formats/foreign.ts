import fc from 'fast-check';
import { expect } from 'vitest';
import { type ImportOptions, importBytes } from '../../src/formats/import-model.js';
import { ArtifactError, IrisError, UsageError } from '../../src/ground/errors.js';
import { createClassifier } from '../../src/model/classifier.js';

/** The message of what refuses a file. */
export function refusalOf(bytes: Uint8Array, options: ImportOptions = {}): string {
  try {
    importBytes(bytes, 'm', options);
  } catch (error) {
    expect(error).toBeInstanceOf(IrisError);
    return (error as Error).message;
  }
  throw new Error('expected a refusal, found a model');
}

/** A file with some bytes changed, cut or repeated is refused in words, or is a whole model that predicts. */
export function expectRefusedOrWhole(bytes: Uint8Array, format: string, numRuns: number): void {
  const change = fc.record({
    at: fc.nat(bytes.length - 1),
    value: fc.constantFrom(0, 1, 45, 48, 57, 76, 78, 93, 127, 128, 255),
    cut: fc.nat(40),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(3), (changes, kind) => {
      let changed = Buffer.from(bytes);
      for (const { at, cut, value } of changes) {
        const place = Math.min(at, changed.length - 1);
        if (kind === 0) changed = Buffer.concat([changed.subarray(0, place), changed.subarray(place + cut)]);
        else if (kind === 1) changed = changed.subarray(0, Math.max(place, 1));
        else changed[place] = value;
      }
      try {
        const { model } = importBytes(changed, 'm', { format });
        const classifier = createClassifier(model);
        const shares = new Float64Array(model.classes.length);
        classifier.answerInto(new Float64Array(model.features.length), 1, { shares });
        expect(model.verification.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof ArtifactError || error instanceof UsageError)) throw error;
        expect(error.message).not.toContain('\n');
      }
    }),
    { numRuns },
  );
}
