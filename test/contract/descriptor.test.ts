import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';
import { describe, expect, it } from 'vitest';
import { contractFor } from '../../src/contract/contract.js';
import { encodeDescriptor } from '../../src/contract/descriptor.js';
import { writeContract } from '../../src/contract/proto-text.js';

const earlier = contractFor(
  {
    features: [
      { name: 'age', kind: 'number', missing: true },
      { name: 'ash (%)', kind: 'number', missing: false },
      { name: 'colour', kind: 'category', missing: false },
    ],
    classes: ['red', 'white'],
  },
  'wine',
);
const contract = contractFor(
  {
    features: [
      { name: 'colour', kind: 'number', missing: false },
      { name: 'ash (%)', kind: 'number', missing: false },
    ],
    classes: ['white', 'rosé'],
  },
  'wine',
  earlier,
);

const byName = (objects: readonly protobuf.ReflectionObject[]) =>
  objects.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Everything that protobufjs knows of a file, in its own words. */
function known(root: protobuf.Root): object {
  root.resolveAll();
  const shape = (object: protobuf.ReflectionObject): unknown => {
    if (object instanceof protobuf.Field) {
      const { id, name, repeated, type } = object;
      const optional = object.partOf !== null;
      return { id, name, repeated, type: type.split('.').at(-1), optional };
    }
    if (object instanceof protobuf.Enum) return { name: object.name, values: object.values };
    if (object instanceof protobuf.Method) {
      const { name, requestStream = false, requestType, responseStream = false, responseType } = object;
      const types = [requestType, responseType].map((type) => type.split('.').at(-1));
      return { name, types, streams: [requestStream === true, responseStream === true] };
    }
    if (object instanceof protobuf.OneOf) return undefined;
    const members = (object as protobuf.Namespace).nestedArray;
    const parts = object instanceof protobuf.Type ? object.fieldsArray : [];
    const methods = object instanceof protobuf.Service ? object.methodsArray : [];
    return { name: object.name, members: byName([...members, ...parts, ...methods]).map(shape) };
  };
  return shape(root) as object;
}

describe('the descriptor of a contract', () => {
  it('says what its file says, removed fields included', () => {
    const file = encodeDescriptor(contract);
    const length = [(file.length & 127) | 128, file.length >> 7];
    const set = Buffer.concat([Buffer.from([0x0a, ...length]), file]);
    const described = (protobuf.Root as unknown as { fromDescriptor(set: Buffer): protobuf.Root }).fromDescriptor(set);
    const written = protobuf.parse(writeContract(contract), { keepCase: true }).root;
    const request = (root: protobuf.Root) => root.lookupType('ml.wine.WinePredictRequest');
    // protobufjs takes over the end of a range as it is on the wire: exclusive.
    expect(request(described).reserved).toEqual([[2, 3], [4, 5], 'age']);
    expect(request(written).reserved).toEqual([[2, 2], 'age', [4, 4]]);
    expect(known(described)).toEqual(known(written));
  });
});
