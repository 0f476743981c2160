import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readyLine } from '../commands/serving-lines.js';
import { iris, type RunningServer, serve } from '../e2e/cli.js';
import { describeWith, promtool, run } from './tools.js';

describeWith([promtool], "Prometheus' own check of metrics", () => {
  describe.each([
    ['one process', []],
    ['workers', ['--workers', '2']],
  ])('has nothing to say about those of %s', (_, workers) => {
    let server: RunningServer;

    beforeAll(async () => {
      server = await serve(['--metrics-port', '0', '--http-port', '0', ...workers]);
    });
    afterAll(async () => {
      expect(await server.stop()).toBe(0);
    });

    const check = async () => {
      const metrics = await fetch(`http://${readyLine(server)['metrics']}/metrics`);
      return run(promtool.command, ['check', 'metrics'], { input: await metrics.text() });
    };

    it('before the first call', async () => {
      expect(await check()).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    it('after calls of every kind', async () => {
      const flower = ['5.0', '3.6', '1.3', '0.25'];
      expect(await iris(['predict', ...flower, '--port', String(server.port)])).toMatchObject({ code: 0 });
      expect(await iris(['health', '--port', String(server.port), '--service', 'none'])).toMatchObject({ code: 1 });
      const http = `http://127.0.0.1:${readyLine(server)['httpPort']}`;
      expect((await fetch(`${http}/v2/health/ready`)).status).toBe(200);
      expect((await fetch(`${http}/v2/models/none`)).status).toBe(404);
      expect(await check()).toEqual({ code: 0, stdout: '', stderr: '' });
    });
  });
});
