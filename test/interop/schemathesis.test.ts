import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, serve } from '../e2e/cli.js';
import { describeWith, newPython, run, schemathesis } from './tools.js';

describeWith([newPython], 'schemathesis', () => {
  let server: RunningServer | undefined;
  beforeAll(async () => {
    server = await serve(['--http-port', '0']);
  });
  afterAll(() => server?.stop());

  it('finds the REST form as its OpenAPI document says', async () => {
    const port = /"httpPort":(\d+)/.exec(server!.log())?.[1];
    const bounds = ['--max-examples', '15', '--seed', '1', '--phases', 'coverage,fuzzing'];
    // No schema says that a shape and data have to agree, and with the model: most of what is made is refused.
    const checks = ['--exclude-checks', 'positive_data_acceptance'];
    const document = `http://localhost:${port}/v2/openapi.json`;
    const { code, stdout } = await run(schemathesis, ['run', document, ...checks, ...bounds, '--no-color']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\d{2,} generated/) });
  });
});
