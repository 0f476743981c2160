import { describe, expect, it } from 'vitest';
import { ROOT, serve } from '../e2e/cli.js';
import { subject } from './subjects.js';
import { describeWith, healthProbe, run } from './tools.js';

const tlsFile = (name: string) => `${ROOT}test/fixtures/tls/${name}`;
const serverTls = ['--tls-cert', tlsFile('server.pem'), '--tls-key', tlsFile('server.key')];
const SERVING = { code: 0, stdout: '', stderr: 'status: SERVING\n' };

/** What the probe's exit codes stand for. */
const CANNOT_CONNECT = 2;
const CALL_FAILED = 3;
const NOT_SERVING = 4;

function probe(address: string, args: readonly string[] = []) {
  return run(healthProbe.command, ['-addr', address, '-connect-timeout', '10s', '-rpc-timeout', '10s', ...args]);
}

describeWith([healthProbe], 'a Kubernetes probe', () => {
  describe('of a server that is ready', () => {
    const iris = subject('iris');

    it.each(['', 'iris', 'ml.IrisPredictor', 'inference.GRPCInferenceService'])(
      'succeeds for "%s"',
      async (service) => {
        expect(await probe(iris().address, ['-service', service])).toEqual(SERVING);
      },
    );

    it('succeeds when it compresses', async () => {
      expect(await probe(iris().address, ['-gzip'])).toEqual(SERVING);
    });

    it('fails for a name that is not served', async () => {
      expect(await probe(iris().address, ['-service', 'tulip'])).toMatchObject({
        code: CALL_FAILED,
        stderr: expect.stringContaining('expected a service or a model of this server, found "tulip"'),
      });
    });
  });

  it('fails while the server drains, and when it is gone', async () => {
    const server = await serve(['--drain-delay', '60s', '--grace', '90s']);
    const address = `localhost:${server.port}`;
    try {
      expect(await probe(address)).toEqual(SERVING);
      server.child.kill('SIGTERM');
      await expect.poll(() => server.log(), { timeout: 60_000 }).toContain('"msg":"draining"');
      expect(await probe(address)).toMatchObject({
        code: NOT_SERVING,
        stderr: expect.stringContaining('NOT_SERVING'),
      });
    } finally {
      await server.stop(); // the second signal ends it at once
    }
    expect(await probe(address, ['-connect-timeout', '1s'])).toMatchObject({ code: CANNOT_CONNECT });
  });

  describe('with TLS', () => {
    const guarded = subject('iris', [...serverTls, '--tls-client-ca', tlsFile('ca.pem')]);
    const trust = ['-tls', '-tls-ca-cert', tlsFile('ca.pem')];
    const own = ['-tls-client-cert', tlsFile('client.pem'), '-tls-client-key', tlsFile('client.key')];

    it('succeeds with a certificate that the server trusts', async () => {
      expect(await probe(guarded().address, [...trust, ...own])).toEqual(SERVING);
    });

    it('fails without one, and without TLS', async () => {
      for (const args of [trust, []]) {
        const { code, stdout } = await probe(guarded().address, ['-connect-timeout', '2s', ...args]);
        expect([CANNOT_CONNECT, CALL_FAILED]).toContain(code);
        expect(stdout).toBe('');
      }
    });
  });
});
