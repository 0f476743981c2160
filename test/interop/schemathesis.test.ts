import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, serve } from '../e2e/cli.js';
import { describeWith, newPython, run, schemathesis } from './tools.js';

describeWith([newPython], 'schemathesis', () => {
  let server: RunningServer | undefined;
  /** It keeps what it found, to try that again. */
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-schemathesis-'));
    server = await serve(['--http-port', '0']);
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  it('finds the REST form as its OpenAPI document says', async () => {
    const port = /"httpPort":(\d+)/.exec(server!.log())?.[1];
    const bounds = ['--max-examples', '15', '--seed', '1', '--phases', 'coverage,fuzzing'];
    // No schema says that a shape and data have to agree, and with the model: most of what is made is refused.
    const checks = ['--exclude-checks', 'positive_data_acceptance'];
    // A server that loads its models by itself answers them with 503, which looks like a fault from outside.
    const control = ['--exclude-path-regex', '/(un)?load$'];
    const document = `http://localhost:${port}/v2/openapi.json`;
    const { code, stdout } = await run(
      schemathesis,
      ['run', document, ...checks, ...control, ...bounds, '--no-color'],
      {
        cwd: folder,
      },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\d{2,} generated/) });
  });
});
