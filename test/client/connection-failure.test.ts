import { describe, expect, it } from 'vitest';
import { connectionFailure } from '../../src/client/connection-failure.js';

const last = (error: string) => `No connection established. Last error: ${error}. Resolution note: `;
/** As OpenSSL writes alerts. */
const alert = (name: string, number: number) =>
  last(`80:error:0A0:SSL routines:ssl3_read_bytes:${name}:../rec_layer_s3.c:1601:SSL alert number ${number}\n`);

describe('a connection that came to nothing', () => {
  it.each([
    ['Error: connect ECONNREFUSED 127.0.0.1:1', 'no server listens there'],
    ['Error: connect ENOENT /run/iris.sock', 'no server listens there'],
    [
      'Error: Hostname/IP does not match certificate’s altnames: IP: 10.0.0.7 is not in the list',
      'the certificate of the server is not trusted: Hostname/IP does not match certificate’s altnames: ' +
        'IP: 10.0.0.7 is not in the list',
    ],
  ])('%s', (error, words) => {
    expect(connectionFailure(last(error), undefined)).toBe(words);
  });

  it.each([
    ['sslv3 alert bad certificate', 42, 'bad certificate'],
    ['tlsv1 alert unknown ca', 48, 'unknown ca'],
    ['sslv3 alert certificate expired', 45, 'certificate expired'],
    ['tlsv1 alert access denied', 49, 'access denied'],
  ])('for the certificate of this client: %s', (name, number, words) => {
    expect(connectionFailure(alert(name, number), { cert: 'a' })).toBe(
      `the server refused the certificate of this client: ${words}`,
    );
  });

  it('for want of something in common', () => {
    expect(connectionFailure(alert('sslv3 alert handshake failure', 40), {})).toMatch(/^no version or cipher of TLS/);
    expect(connectionFailure(alert('tlsv1 alert protocol version', 70), {})).toMatch(/^no version or cipher of TLS/);
  });

  it.each([
    [undefined, 'it may want TLS'],
    [{ ca: 'a' }, 'it may want a certificate of this client'],
    [{ cert: 'a', key: 'b' }, 'it may have refused the certificate of this client'],
  ])('for no reason that the server tells a client with %j', (tls, guess) => {
    for (const error of ['Failed to connect (2026-11-28T01:16:41.568Z)', 'Error: read ECONNRESET']) {
      expect(connectionFailure(last(error), tls)).toBe(`the server closed the connection: ${guess}`);
    }
  });

  it('is told in the words of others where there is nothing better', () => {
    expect(connectionFailure('the server is shutting down: ask another one', undefined)).toBeUndefined();
    expect(connectionFailure('read ECONNRESET', undefined)).toBeUndefined();
  });
});
