import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { credentials, Metadata } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { failureOf, flower, startServer, TestClient } from '../serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));

function pairs(count: number): Metadata {
  const metadata = new Metadata();
  for (let i = 0; i < count; i++) metadata.add(`key-${i}`, 'v');
  return metadata;
}

it.each([false, true])('a call may have as many metadata pairs as 64 KiB hold, over TLS: %j', async (secure) => {
  const tls = secure ? { cert: fixture('server.pem'), key: fixture('server.key') } : undefined;
  const { port } = await startServer({ tls });
  const trust = secure ? credentials.createSsl(readFileSync(fixture('ca.pem'))) : undefined;
  const client = new TestClient(`localhost:${port}`, trust);
  for (const count of [129, 1000]) {
    expect(await client.call('iris', 'PredictIrisSpecies', flower, { metadata: pairs(count) })).toMatchObject({
      species_name: 'setosa',
    });
  }
});

it('a call with more gets a status, and its connection goes on', async () => {
  const { address } = await startServer();
  const client = new TestClient(address);
  const stream = client.stream('iris', 'PredictIrisSpeciesStream', pairs(2500));
  expect(await failureOf(stream)).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  expect(await client.call('iris', 'PredictIrisSpecies', flower, { metadata: pairs(2500) })).toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
  });
  expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
});
