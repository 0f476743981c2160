import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { sparkAddress } from '../../../src/data/spark/address.js';
import { SparkConnection } from '../../../src/data/spark/connection.js';

it('sends the token and other parameters of an address with a call', async () => {
  const server = createServer();
  const asked: IncomingHttpHeaders[] = [];
  server.on('stream', (stream, headers) => {
    asked.push(headers);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' }, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = new SparkConnection(
    sparkAddress(`sc://127.0.0.1:${port}/;token=secret;x-cluster-id=c%201;user_agent=u`, {}),
  );
  try {
    await expect(connection.execute('SELECT 1').next()).rejects.toMatchObject({ code: 7 });
    expect(asked).toEqual([
      expect.objectContaining({
        ':path': '/spark.connect.SparkConnectService/ExecutePlan',
        authorization: 'Bearer secret',
        'x-cluster-id': 'c 1',
      }),
    ]);
    expect(asked[0]).not.toHaveProperty('user_agent');
  } finally {
    await connection.close();
    server.close();
  }
});
