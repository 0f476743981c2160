import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { StreamRequests } from '../../../src/server/grpc/stream-requests.js';
import { shareOf } from '../shares.js';

function frame(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

function openRequests() {
  const share = shareOf();
  return {
    share,
    requests: new StreamRequests({ peer: 'a test', share, calmDown: () => {}, noteLost: () => {} }, 1000),
  };
}

const LATER_MS = 1e9;

describe('the requests of a stream', () => {
  it('count with their connection until they are answered, in their order', () => {
    const { requests, share } = openRequests();
    requests.receive(Buffer.concat([frame(Buffer.alloc(10)), frame(Buffer.alloc(20)), Buffer.of(0, 0)]));
    expect([requests.bytes, share.requestBytes.held]).toEqual([42, 42]);
    requests.answered();
    expect(share.requestBytes.held).toBe(27);
    requests.answered();
    expect([requests.bytes, share.requestBytes.held, requests.areAnswered]).toEqual([2, 2, true]);
    requests.end();
    expect([requests.bytes, share.requestBytes.held]).toEqual([0, 0]);
  });

  it('do not count after the end, whatever comes or is answered then', () => {
    const { requests, share } = openRequests();
    requests.receive(frame(Buffer.alloc(10)));
    requests.end();
    requests.answered();
    expect(requests.receive(frame(Buffer.alloc(10)))).toEqual([]);
    expect(share.requestBytes.held).toBe(0);
  });

  it('count as what comes out of them where they were compressed', async () => {
    const { requests, share } = openRequests();
    const packed = frame(gzipSync(Buffer.alloc(900)), 1);
    const [whole] = requests.receive(packed);
    expect(await requests.unpack(whole!, 'gzip')).toHaveLength(900);
    expect(share.requestBytes.held).toBe(packed.byteLength + 900);
    requests.answered();
    expect(share.requestBytes.held).toBe(0);
  });

  it('are late when the rest of one does not come, not while the server is the one that is waited for', () => {
    const { requests } = openRequests();
    expect(requests.isOverdue(LATER_MS, 1000)).toBe(false);
    requests.receive(Buffer.concat([frame(Buffer.alloc(10)), Buffer.of(0, 0)]));
    expect(requests.isPartial).toBe(true);
    expect(requests.isOverdue(LATER_MS, 1000)).toBe(false);
    requests.answered();
    expect(requests.isOverdue(performance.now(), 1000)).toBe(false);
    expect(requests.isOverdue(LATER_MS, 1000)).toBe(true);
    requests.end();
    expect(requests.isOverdue(LATER_MS, 1000)).toBe(false);
  });
});
