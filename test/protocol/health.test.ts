import type { MethodDefinition } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { describe, expect, it } from 'vitest';
import { healthService } from '../../src/protocol/health.js';

/** The definition that the gRPC project publishes. */
const theirs = service as unknown as Record<string, MethodDefinition<object, object>>;
const ours = healthService as unknown as Record<string, MethodDefinition<object, object>>;

describe('grpc.health.v1', () => {
  it.each(['Check', 'Watch', 'List'])('has %s where it belongs', (name) => {
    const { path, requestStream, responseStream } = theirs[name];
    expect(ours[name]).toMatchObject({ path, requestStream, responseStream });
  });

  it.each(['', 'ml.IrisPredictor', 'größe'])('asks for %j as others do, and is asked', (name) => {
    const request = { service: name };
    expect(theirs['Check'].requestDeserialize(ours['Check'].requestSerialize(request))).toEqual(request);
    expect(ours['Check'].requestDeserialize(theirs['Check'].requestSerialize(request))).toEqual(request);
  });

  it.each(['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'])('says %s as others do, and is told', (status) => {
    const response = { status };
    expect(theirs['Watch'].responseDeserialize(ours['Watch'].responseSerialize(response))).toEqual(response);
    expect(ours['Watch'].responseDeserialize(theirs['Watch'].responseSerialize(response))).toEqual(response);
  });

  it('lists as others do, and is told', () => {
    const response = { statuses: { '': { status: 'SERVING' }, iris: { status: 'NOT_SERVING' } } };
    expect(theirs['List'].responseDeserialize(ours['List'].responseSerialize(response))).toEqual(response);
    expect(ours['List'].responseDeserialize(theirs['List'].responseSerialize(response))).toEqual(response);
    expect(ours['List'].requestDeserialize(theirs['List'].requestSerialize({}))).toEqual({});
  });
});
