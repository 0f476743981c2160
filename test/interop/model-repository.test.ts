import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readyLine, serveForTest } from '../commands/serving-lines.js';
import { first, ModelFolder, second } from '../server/models/folder.js';
import { describeWith, newPython, output } from './tools.js';

const client = fileURLToPath(new URL('./repository_client.py', import.meta.url));

describeWith([newPython], "tritonclient's calls of the model repository", () => {
  it('lists, loads and unloads models over gRPC and over HTTP', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second, 'bad/1.json': '[]' });
    folder.put('iris/aliases', 'canary 1.json');
    const server = await serveForTest([
      ...['--models', folder.path, '--model-control', 'explicit', '--http-port', '0'],
    ]);
    const http = `localhost:${readyLine(server)['httpPort']}`;
    const { grpc, http: rest } = JSON.parse(
      await output(newPython.command, [client, `localhost:${server.port}`, http]),
    );
    const loaded = [
      ['iris', first.version, 'READY'],
      ['iris', second.version, 'READY'],
    ];
    const [bad, unloaded] = [
      ['bad', '', 'UNAVAILABLE'],
      ['iris', '', 'UNAVAILABLE'],
    ];
    const expected = {
      before: [bad, unloaded],
      unready: false,
      loaded: [bad, ...loaded],
      ready: true,
      versions: [second.version, first.version],
      after: [bad, unloaded],
    };
    expect(grpc).toEqual({
      ...expected,
      refused: 'StatusCode.FAILED_PRECONDITION model "bad": 1.json: expected a model, found JSON that is no object',
      unknown: 'StatusCode.NOT_FOUND expected a model of this server, found "none"',
      config: expect.stringMatching(/^StatusCode.INVALID_ARGUMENT parameters: expected promote or roll_back: /),
      unloaded: 'StatusCode.UNAVAILABLE model "iris" is not loaded',
    });
    expect(rest).toEqual({
      ...expected,
      refused: '400 model "bad": 1.json: expected a model, found JSON that is no object',
      unknown: '404 expected a model of this server, found "none"',
      config: expect.stringMatching(/^400 parameters: expected promote or roll_back: /),
      unloaded: '503 model "iris" is not loaded',
    });
  });
});
