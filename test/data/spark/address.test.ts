import { describe, expect, it } from 'vitest';
import { openSource } from '../../../src/data/open-source.js';
import { sparkAddress } from '../../../src/data/spark/address.js';

const plain = { token: undefined, userId: 'iris', tls: false, metadata: {} };

describe('an address of Spark', () => {
  it.each<[string, Record<string, string>, object]>([
    ['sc://host', {}, { ...plain, host: 'host:15002', shown: 'sc://host:15002' }],
    ['sc://host:1/', {}, { ...plain, host: 'host:1', shown: 'sc://host:1' }],
    [
      'sc://host:1/;token=a%3Db;user_id=me',
      {},
      { ...plain, host: 'host:1', shown: 'sc://host:1', token: 'a=b', userId: 'me', tls: true },
    ],
    ['sc://host:1/;use_ssl=true', {}, { ...plain, host: 'host:1', shown: 'sc://host:1', tls: true }],
    ['sc://host:1/;use_ssl=True;', {}, { ...plain, host: 'host:1', shown: 'sc://host:1', tls: true }],
    [
      'sc://host/;use_ssl=true;X-Cluster-Id=a%20b;user_agent=u;session_id=s;grpc_keepalive_enabled=true',
      {},
      { ...plain, host: 'host:15002', shown: 'sc://host:15002', tls: true, metadata: { 'x-cluster-id': 'a b' } },
    ],
    ['sc://localhost:1/;token=x', {}, { ...plain, host: 'localhost:1', shown: 'sc://localhost:1', token: 'x' }],
    ['sc://[::1]/;token=x', {}, { ...plain, host: '[::1]:15002', shown: 'sc://[::1]:15002', token: 'x' }],
    ['sc://', { SPARK_REMOTE: 'sc://other:2' }, { ...plain, host: 'other:2', shown: 'sc://other:2' }],
    [
      'sc://host',
      { SPARK_CONNECT_AUTHENTICATE_TOKEN: 'x' },
      { ...plain, host: 'host:15002', shown: 'sc://host:15002', token: 'x', tls: true },
    ],
  ])('%s with %j', (text, env, address) => {
    expect(sparkAddress(text, env)).toEqual(address);
  });

  it.each([
    ['sc://', {}, 'none, and no SPARK_REMOTE'],
    ['sc://user:s3cret@host', {}, 'another'],
    ['sc://host/path;token=s3cret', {}, 'another'],
    ['sc://', { SPARK_REMOTE: 'local[2]' }, 'another'],
  ])('is none: %s with %j, and is not shown', (text, env, found) => {
    expect(() => sparkAddress(text, env)).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: `input: expected an address such as sc://host:15002, found ${found}`,
      }),
    );
  });

  it.each([
    ['sc://host/;use_ssl=yes', /^input: expected use_ssl=true or use_ssl=false, found another value of use_ssl$/],
    ['sc://host/;use_ssl', /^input: expected use_ssl=true or use_ssl=false, found another value of use_ssl$/],
    ['sc://host/;clé=s3cret', /^input: expected parameters that can be metadata of gRPC: [^é]*, found another$/],
    ['sc://host/;key-bin=s3cret', /^input: expected parameters that can be metadata of gRPC: /],
    // A call with one of these would never be sent.
    ['sc://host/;Connection=s3cret', /^input: expected parameters that can be metadata of gRPC: /],
    ['sc://host/;te=s3cret', /^input: expected parameters that can be metadata of gRPC: /],
    ['sc://host/;transfer-encoding=s3cret', /^input: expected parameters that can be metadata of gRPC: /],
    ['sc://host/;grpc-timeout=s3cret', /^input: expected parameters that can be metadata of gRPC: /],
    ['sc://host/;a=s3%0Acret', /^input: expected parameters that can be metadata of gRPC: (?!.*cret)/],
  ])('has a parameter that cannot be meant: %s', (text, message) => {
    expect(() => sparkAddress(text, {})).toThrow(message);
  });

  it('is taken for one where a slash is missing, and is not shown either', async () => {
    await expect(openSource('sc:/host/;token=s3cret', { table: 'x' })).rejects.toThrow(
      /^input: expected an address such as sc:\/\/host:15002, found another$/,
    );
  });
});
