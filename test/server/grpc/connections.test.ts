import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const library = new URL('../../../dist/index.js', import.meta.url).href;
const model = fileURLToPath(new URL('../../../artifacts/iris.json', import.meta.url));

/** A program that serves until its input ends, and then does nothing to end itself. */
const program = `
  const { createServer } = await import('${library}');
  const server = await createServer({ model: ${JSON.stringify(model)}, port: 0, graceMs: 50 });
  console.log(server.port);
  process.stdin.resume().on('end', () => server.close());
`;

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0', 'latin1');

describe('a program that closes its server', () => {
  it.each([
    ['reads', true],
    ['does not read', false],
  ])('ends, although a client never closes its side and %s', async (_, reads) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const [port] = await once(createInterface({ input: child.stdout }), 'line');
    const client: Socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {});
    client.write(preface);
    // The server's settings: it knows the connection.
    await once(client, 'readable');
    if (reads) client.resume();
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    client.destroy();
  });
});
