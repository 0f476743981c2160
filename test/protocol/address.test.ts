import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/ground/errors.js';
import { formatAddress, parseHost } from '../../src/protocol/address.js';

/** What the system has room for: 108 bytes with the closing zero on Linux, 104 on macOS. */
const ROOM = process.platform === 'darwin' ? 103 : 107;

describe('a host', () => {
  it.each([
    ['localhost', 'localhost', 'localhost:1'],
    ['iris_1.example', 'iris_1.example', 'iris_1.example:1'],
    ['bücher.example', 'bücher.example', 'bücher.example:1'],
    ['10.0.0.7', '10.0.0.7', '10.0.0.7:1'],
    ['::', '::', '[::]:1'],
    ['::1', '::1', '[::1]:1'],
    ['[::1]', '::1', '[::1]:1'],
    ['fe80::1%eth0', 'fe80::1%eth0', '[fe80::1%eth0]:1'],
    ['[fe80::1%eth0]', 'fe80::1%eth0', '[fe80::1%eth0]:1'],
    ['unix:/run/iris.sock', 'unix:/run/iris.sock', 'unix:/run/iris.sock'],
    ['unix:///run/iris.sock', 'unix:/run/iris.sock', 'unix:/run/iris.sock'],
    ['unix:iris.sock', 'unix:iris.sock', 'unix:iris.sock'],
    [`unix:/${'a'.repeat(ROOM - 1)}`, `unix:/${'a'.repeat(ROOM - 1)}`, `unix:/${'a'.repeat(ROOM - 1)}`],
  ])('may be %s', (written, host, address) => {
    expect(parseHost(written)).toBe(host);
    expect(formatAddress({ host: parseHost(written), port: 1 })).toBe(address);
  });

  const expected = 'expected a name, an address or unix:/path';
  it.each([
    ['', `${expected}, found nothing`],
    [' ', `${expected}, found nothing`],
    ['*', `${expected}, found "*": 0.0.0.0 is all of IPv4, :: of IPv6 and IPv4`],
    ['a b', `${expected}, found "a b"`],
    ['-a', `${expected}, found "-a"`],
    ['[localhost]', `${expected}, found "[localhost]"`],
    ['[::1', `${expected}, found "[::1"`],
    ['localhost:50052', `${expected}, found "localhost:50052": the port goes elsewhere`],
    ['10.0.0.7:1', `${expected}, found "10.0.0.7:1": the port goes elsewhere`],
    ['[::1]:50052', `${expected}, found "[::1]:50052": the port goes elsewhere`],
    ['http://localhost', `${expected}, found "http://localhost": without a scheme`],
    ['dns:localhost', `${expected}, found "dns:localhost"`],
    ['::1::', `${expected}, found "::1::"`],
    ['unix:', 'expected unix:/path, found "unix:"'],
    ['unix://', 'expected unix:/path, found "unix://"'],
    ['unix://host/run/iris.sock', 'expected unix:/path, found "unix://host/run/iris.sock"'],
    ['unix:/a\0b', 'expected unix:/path, found "unix:/a\\u0000b"'],
    [`unix:/${'é'.repeat(60)}`, `expected a path of at most ${ROOM} bytes after unix:, found 121: /${'é'.repeat(60)}`],
  ])('cannot be %j', (written, message) => {
    expect(() => parseHost(written)).toThrow(new UsageError(message));
  });
});
