import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DownloadOptions, download } from '../../src/formats/download.js';
import { ArtifactError, InputError, UnavailableError } from '../../src/ground/errors.js';
import { afterTest } from '../server/serving.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** An origin `https://files.test`, and `https://other.test`, whose answers a server without TLS gives. */
async function origin(answers: Readonly<Record<string, Answer>>) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.headers['x-host']}${request.url} ${request.headers.authorization ?? 'nobody'}`);
    response.on('error', () => {});
    answers[request.url ?? '']?.(response, request);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const plainFetch: typeof fetch = (input, init) => {
    const { host, pathname, protocol, search } = new URL(String(input));
    expect(protocol).toBe('https:');
    const headers = { ...(init?.headers as Record<string, string>), 'x-host': host };
    return fetch(`http://127.0.0.1:${port}${pathname}${search}`, { ...init, headers });
  };
  const get = (address: string, options: Partial<DownloadOptions> = {}) =>
    download(new URL(address), { checkSize: () => {}, fetch: plainFetch, ...options });
  return { get, requests };
}

const body = Buffer.from('{"format": "iris-model"}\n');
const sends =
  (status: number, headers: Record<string, string | number> = {}, content: string | Buffer = body): Answer =>
  (response) =>
    response.writeHead(status, headers).end(content);

describe('a download', () => {
  it.each<[string, Answer]>([
    ['whose length is told', sends(200, { 'content-length': body.byteLength })],
    ['of unknown length', (response) => response.write(body.subarray(0, 5), () => response.end(body.subarray(5)))],
    ['that says that it is not packed', sends(200, { 'content-encoding': 'Identity' })],
    ['of a type that nobody set', sends(200, { 'content-type': 'application/octet-stream' })],
  ])('is the file: %s', async (_, answer) => {
    const { get } = await origin({ '/m': answer });
    expect(await get('https://files.test/m')).toEqual(body);
  });

  it('is whole where it comes in many pieces', async () => {
    const piece = Buffer.alloc(50_000, 'x');
    const { get } = await origin({
      '/m': (response) => {
        for (let sent = 0; sent < 20; sent++) response.write(piece);
        response.end();
      },
    });
    expect((await get('https://files.test/m')).equals(Buffer.alloc(1_000_000, 'x'))).toBe(true);
  });

  it('sends credentials in a header, and to nobody else', async () => {
    const { get, requests } = await origin({
      '/m?t=1': sends(302, { location: '/n' }),
      '/n': sends(307, { location: 'https://files.test/o' }),
      '/o': sends(308, { location: 'https://other.test/p' }),
      '/p': sends(200),
    });
    await get('https://me:p%40ss@files.test/m?t=1');
    const me = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(requests).toEqual([
      `files.test/m?t=1 ${me}`,
      `files.test/n ${me}`,
      `files.test/o ${me}`,
      'other.test/p nobody',
    ]);
  });

  it('follows five redirects, and no more', async () => {
    const hops = Object.fromEntries(
      Array.from({ length: 6 }, (_, hop) => [`/${hop}`, sends(302, { location: `/${hop + 1}` })]),
    );
    const { get, requests } = await origin({ ...hops, '/6': sends(200) });
    expect(await get('https://files.test/1')).toEqual(body);
    requests.length = 0;
    await expect(get('https://files.test/0')).rejects.toThrow(
      new InputError('https://files.test/0: cannot be read: expected at most 5 redirects, found more'),
    );
    expect(requests).toHaveLength(6);
  });

  it.each([
    ['http://files.test/m?key=secret', 'https://, found http://files.test/m?…'],
    ['ftp://a:b@files.test/m', 'https://, found ftp://files.test/m'],
    ['https://', 'a URL, found none'],
    ['https://u:%ZZpw@files.test/m', 'a URL, found one with a malformed user or password'],
  ])('does not follow a redirect to %s', async (location, problem) => {
    const { get } = await origin({ '/m': sends(301, { location }) });
    await expect(get('https://files.test/m')).rejects.toThrow(
      new InputError(`https://files.test/m: cannot be read: expected a redirect to ${problem}`),
    );
  });

  it.each<Record<string, string>>([{}, { location: '' }])(
    'does not follow a redirect to nowhere: %o',
    async (headers) => {
      const { get, requests } = await origin({ '/m': sends(302, headers) });
      await expect(get('https://files.test/m')).rejects.toThrow(
        new InputError('https://files.test/m: cannot be read: expected a redirect to a URL, found none'),
      );
      expect(requests).toHaveLength(1);
    },
  );

  it.each([
    [404, 'Not Found', InputError],
    [403, 'Forbidden', InputError],
    [204, 'No Content', InputError],
    [206, 'Partial Content', InputError],
    [429, 'Too Many Requests', UnavailableError],
    [503, 'Service Unavailable', UnavailableError],
  ])('fails for a status %i', async (status, words, Failure) => {
    const { get } = await origin({ '/m?key=secret': sends(status), '/r': sends(302, { location: '/m?key=secret' }) });
    const answers = `cannot be read: the server answers ${status} ${words}`;
    await expect(get('https://me:too@files.test/m?key=secret')).rejects.toThrow(
      new Failure(`https://files.test/m?…: ${answers}`),
    );
    await expect(get('https://files.test/r')).rejects.toThrow(
      new Failure(`https://files.test/r, redirected to https://files.test/m?…: ${answers}`),
    );
  });

  it('is no page', async () => {
    const { get } = await origin({ '/m': sends(200, { 'content-type': 'text/HTML; charset=utf-8' }, '<html>') });
    await expect(get('https://files.test/m')).rejects.toThrow(
      new ArtifactError(
        'not-json',
        'https://files.test/m: expected a file, found a page (text/html): is a login needed?',
      ),
    );
  });

  it('ends before its body where the server says that it is too large', async () => {
    const { get } = await origin({
      '/m': (response) => response.writeHead(200, { 'content-length': 1000 }).flushHeaders(),
    });
    await expect(get('https://files.test/m', { checkSize: refuseAbove(999) })).rejects.toThrow(
      new ArtifactError('too-large', '1000 bytes'),
    );
  });

  it.each(['gzip', 'br', 'x-other'])('asks for what is not packed, and refuses what is: %s', async (coding) => {
    let asked: unknown;
    const packed = sends(200, { 'content-encoding': coding }, gzipSync(Buffer.alloc(10_000_000)));
    const { get } = await origin({
      '/m': (response, request) => {
        asked = request.headers['accept-encoding'];
        packed(response, request);
      },
    });
    await expect(get('https://files.test/m')).rejects.toThrow(
      new InputError(
        'https://files.test/m: cannot be read: expected the file as it is, ' +
          `found content-encoding ${coding}: have the server send it unpacked, as the request asks`,
      ),
    );
    expect(asked).toBe('identity');
  });

  it('ends as soon as it is too large where it goes on for ever', async () => {
    const { get } = await origin({ '/m': (response) => endless(response) });
    await expect(get('https://files.test/m', { checkSize: refuseAbove(1_000_000) })).rejects.toThrow(ArtifactError);
  });

  it.each<[string, Answer]>([
    ['says nothing', () => {}],
    ['says no more than a beginning', (response) => response.writeHead(200, { 'content-length': 100 }).write('{')],
    ['sends one to another that says nothing', sends(302, { location: '/silent' })],
  ])('does not wait for a server that %s', async (_, answer) => {
    const { get } = await origin({ '/m': answer, '/silent': () => {} });
    await expect(get('https://files.test/m', { timeoutMs: 100 })).rejects.toThrow(
      new UnavailableError('https://files.test/m: cannot be downloaded: no whole answer within 0.1 s'),
    );
  });

  it('asks no port of another protocol, which no repetition would change', async () => {
    const url = new URL('https://localhost:22/m?key=secret');
    await expect(download(url, { checkSize: () => {} })).rejects.toThrow(
      new InputError(
        'https://localhost:22/m?…: cannot be read: expected a port of the web, found one that belongs to another protocol: ' +
          'have the server listen on another',
      ),
    );
  });

  it('ends with its signal', async () => {
    const abort = new AbortController();
    const reason = new Error('no longer');
    const { get } = await origin({ '/m': () => abort.abort(reason) });
    await expect(get('https://files.test/m', { signal: abort.signal })).rejects.toBe(reason);
    await expect(get('https://files.test/m', { signal: abort.signal })).rejects.toBe(reason);
  });

  it('is not taken for whole where the connection broke', async () => {
    const { get } = await origin({
      '/m': (response) => response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
    });
    await expect(get('https://files.test/m')).rejects.toThrow(
      new UnavailableError('https://files.test/m: cannot be downloaded: the server closed the connection'),
    );
  });

  it.each([
    ['ENOTFOUND', 'no such host'],
    ['EAI_AGAIN', 'the name of the host cannot be looked up now'],
    ['ECONNREFUSED', 'no server listens there'],
    ['ECONNRESET', 'the server closed the connection'],
    ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'the server does not speak TLS there'],
    ['SELF_SIGNED_CERT_IN_CHAIN', untrusted('why')],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', untrusted('why')],
    ['ERR_TLS_CERT_ALTNAME_INVALID', untrusted('why')],
    ['CERT_HAS_EXPIRED', untrusted('why')],
    ['EHOSTUNREACH', 'why'],
  ])('says in words what %s means', async (code, words) => {
    const advice = words.includes('NODE_EXTRA_CA_CERTS') ? '; if the root CA is installed locally, try an option' : '';
    const cause = Object.assign(new Error(`why${advice}`), { code });
    const failing = () => Promise.reject(new TypeError('fetch failed', { cause }));
    await expect(download(new URL('https://me:too@h/m'), { checkSize: () => {}, fetch: failing })).rejects.toThrow(
      new UnavailableError(`https://h/m: cannot be downloaded: ${words}`),
    );
  });
});

function untrusted(why: string): string {
  return `the certificate of the server is not trusted: ${why}; NODE_EXTRA_CA_CERTS=FILE adds authorities`;
}

function refuseAbove(most: number) {
  return (bytes: number) => {
    if (bytes > most) throw new ArtifactError('too-large', `${bytes} bytes`);
  };
}

function endless(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
  };
  response.on('drain', more);
  more();
}
