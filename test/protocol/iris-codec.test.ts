import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIrisRequest, encodeIrisPath, encodeIrisReply } from '../../src/protocol/iris-codec.js';
import type { DecisionStep, IrisPredictReply } from '../../src/protocol/messages.js';
import { ROOT } from '../e2e/cli.js';

const method = (
  loadSync(`${ROOT}proto/iris.proto`, { defaults: true, keepCase: true })['ml.IrisPredictor'] as ServiceDefinition
)['PredictIrisSpecies'];

const step = fc.record<DecisionStep>({
  feature: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  value: fc.double(),
  threshold: fc.double(),
  went_left: fc.boolean(),
  samples: fc.nat({ max: 2 ** 31 - 1 }),
});

/** proto3 leaves out what has its default; proto-loader writes whatever is there. */
function withoutDefaults(message: object): object {
  return Object.fromEntries(
    Object.entries(message).filter(([, value]) => value !== 0 && value !== false && value !== ''),
  );
}

describe('IrisPredictRequest', () => {
  it('is decoded as proto-loader decodes it', () => {
    const request = fc.record(
      {
        sepal_length: fc.double(),
        sepal_width: fc.double(),
        petal_length: fc.double(),
        petal_width: fc.double(),
        explain: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(request, (message) => {
        const bytes = method.requestSerialize(message);
        expect(decodeIrisRequest(bytes)).toEqual(method.requestDeserialize(bytes));
      }),
    );
  });

  it('may come with fields that a later contract adds, in any order, and with a field twice', () => {
    const one = Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    const unknown = Buffer.from([0x32, 2, 1, 2, 0x38, 0x96, 1, 0x41, 1, 2, 3, 4, 5, 6, 7, 8, 0x4d, 1, 2, 3, 4]);
    const explain = Buffer.from([0x28, 1]);
    const two = Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0, 0x40]);
    const bytes = Buffer.concat([explain, one, unknown, two]);
    expect(decodeIrisRequest(bytes)).toEqual(method.requestDeserialize(bytes));
    expect(decodeIrisRequest(bytes)).toMatchObject({ sepal_length: 2, explain: true });
  });
});

describe('IrisPredictReply', () => {
  it("is proto-loader's, byte for byte", () => {
    const reply = fc.record<IrisPredictReply>({
      species: fc.nat({ max: 70_000 }),
      species_name: fc.string({ unit: 'binary', minLength: 1 }),
      probabilities: fc.array(fc.double(), { minLength: 1 }),
      model_version: fc.stringMatching(/^[0-9a-f]{12}$/),
      path: fc.array(step),
    });
    fc.assert(
      fc.property(reply, (message) => {
        const expected = method.responseSerialize({
          ...withoutDefaults(message),
          path: message.path.map(withoutDefaults),
        });
        expect(Buffer.concat([encodeIrisReply(message), encodeIrisPath(message.path)])).toEqual(expected);
      }),
    );
  });
});
