import { describe, expect, it } from 'vitest';
import { hostCheck } from '../../../src/server/http/host-check.js';
import { MetricsEndpoint } from '../../../src/server/http/metrics-endpoint.js';
import { afterTest, recordLog } from '../serving.js';
import { serveHttp } from './calling.js';
import { sendRaw, statusOf } from './raw-request.js';

/** Both HTTP ports of a server, with a path that is there. */
async function openPorts(host: string, allowedHosts?: readonly string[]) {
  const { server } = await serveHttp({ host, allowedHosts });
  const endpoint = await MetricsEndpoint.open({ host, port: 0 }, recordLog().log, allowedHosts);
  afterTest(() => endpoint.close());
  return [
    { port: server.httpPort!, path: '/v2/health/live' },
    { port: Number(endpoint.address.split(':').at(-1)), path: '/healthz' },
  ];
}

/** What both say to a request of these headers. */
async function statuses(
  host: string,
  headers: string[],
  { allowed = undefined as string[] | undefined, version = '1.1', target = '' } = {},
) {
  const ports = await openPorts(host, allowed);
  const head = [...headers, 'Connection: close'].join('\r\n');
  const answers = ports.map(({ path, port }) =>
    sendRaw(port, `GET ${target}${path} HTTP/${version}\r\n${head}\r\n\r\n`),
  );
  return (await Promise.all(answers)).map(statusOf);
}

describe('a server that listens for this machine only', () => {
  it.each(['localhost', 'LocalHost.:80', 'playground.localhost:8080', '127.0.0.1', '127.9.9.9:1', '[::1]:8080', ''])(
    'answers requests for %j',
    async (host) => {
      expect(await statuses('127.0.0.1', [`Host: ${host}`])).toEqual([200, 200]);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '10.0.0.7',
    '0.0.0.0:8080',
    '127.0.0.1.evil.example',
    'notlocalhost',
  ])('does not answer those for %s, which may be the name of a page that looks for this machine', async (host) => {
    expect(await statuses('127.0.0.1', [`Host: ${host}`])).toEqual([421, 421]);
  });

  it('answers for the names that it was given, and its own', async () => {
    const allowed = ['Iris.example', '10.0.0.7', 'fe80::1'];
    for (const host of ['iris.example:80', '10.0.0.7', '[fe80::1]', 'localhost']) {
      expect([host, ...(await statuses('127.0.0.1', [`Host: ${host}`], { allowed }))]).toEqual([host, 200, 200]);
    }
    expect(await statuses('127.0.0.1', ['Host: other.example'], { allowed })).toEqual([421, 421]);
  });

  it('looks at the target of a request that names a host there', async () => {
    const from = (target: string) => statuses('127.0.0.1', ['Host: localhost'], { target });
    expect(await from('http://evil.example')).toEqual([421, 421]);
    expect((await from('http://localhost:8080'))[0]).toBe(200);
  });
});

describe('a server that others can reach', () => {
  it('answers for every host', async () => {
    expect(await statuses('0.0.0.0', ['Host: iris.example:80'])).toEqual([200, 200]);
  });

  it('answers for the names that it was given and for addresses, once it was given some', async () => {
    const allowed = ['iris.example'];
    for (const host of ['iris.example', '10.0.0.7:9090', '[fd00::7]:9090', 'localhost']) {
      expect([host, ...(await statuses('0.0.0.0', [`Host: ${host}`], { allowed }))]).toEqual([host, 200, 200]);
    }
    expect(await statuses('0.0.0.0', ['Host: other.example'], { allowed })).toEqual([421, 421]);
  });
});

describe('a request', () => {
  it('of HTTP/1.0 needs no host', async () => {
    expect(await statuses('127.0.0.1', [], { version: '1.0' })).toEqual([200, 200]);
  });

  it('of HTTP/1.1 does', async () => {
    expect(await statuses('127.0.0.1', [])).toEqual([400, 400]);
  });

  it.each([
    ['two hosts', ['Host: localhost', 'host: localhost']],
    ['a host that is none', ['Host: local host']],
    ['a path for a host', ['Host: localhost/v2']],
  ])('with %s is a bad one, of HTTP/1.0 too', async (_, headers) => {
    for (const version of ['1.0', '1.1']) expect(await statuses('127.0.0.1', headers, { version })).toEqual([400, 400]);
  });

  it('that is refused says why', async () => {
    const [{ port }] = await openPorts('127.0.0.1');
    const answer = await sendRaw(port, 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    expect(answer.split('\r\n\r\n')[1]).toBe(
      JSON.stringify({ error: 'Host: expected one that this server is known by, found "evil.example"' }),
    );
  });
});

it.each(['', 'a b', 'iris.example:80', 'http://iris.example', '*'])('%j is no name of a host', (name) => {
  expect(() => hostCheck('127.0.0.1', [name])).toThrow(/^allowedHosts: expected names without scheme and port, found /);
});
