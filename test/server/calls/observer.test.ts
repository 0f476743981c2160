import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { failureOf, flower, startServer, TestClient } from '../serving.js';

describe('an observer', () => {
  it('sees each call start and end once, however it ends', async () => {
    const started: string[] = [];
    const ended: string[] = [];
    const waiting = new Map<string, () => void>();
    const name = (path: string) => path.split('/').at(-1) as string;
    const server = await startServer({
      maxMessageBytes: 1024,
      observers: [
        {
          onStart: ({ path }) => started.push(name(path)),
          onEnd: ({ path, peer }, code) => {
            expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
            ended.push(`${name(path)} ${status[code]}`);
            waiting.get(name(path))?.();
          },
        },
      ],
    });
    const client = new TestClient(server.address);
    await client.call('iris', 'PredictIrisSpecies', flower);
    await client.call('iris', 'PredictIrisSpecies', {});
    await client.call('inference', 'ModelInfer', { id: 'x'.repeat(2000) });
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    stream.resume().end();
    await once(stream, 'end');
    const cancelled = client.watch('');
    await once(cancelled, 'data');
    const end = failureOf(cancelled);
    const seen = new Promise<void>((resolve) => waiting.set('Watch', resolve));
    cancelled.cancel();
    await Promise.all([end, seen]);
    await server.close();

    const expected = [
      'PredictIrisSpecies OK',
      'PredictIrisSpecies INVALID_ARGUMENT',
      'ModelInfer RESOURCE_EXHAUSTED',
      'PredictIrisSpeciesStream OK',
      'Watch CANCELLED',
    ];
    expect(ended).toEqual(expected);
    expect(started).toEqual(expected.map((line) => line.split(' ')[0]));
  });
});
