import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-tracing-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes Node find no package of OpenTelemetry but its interface, which another package brings. */
const hooks = `export async function resolve(name, context, next) {
  if (!/^@opentelemetry\\/(?!api)/.test(name)) return next(name, context);
  throw Object.assign(new Error('Cannot find package ' + name), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
const hidden = join(folder, 'hide.mjs');
writeFileSync(
  hidden,
  `import { register } from 'node:module'; register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));`,
);

describe('iris serve --otlp-endpoint', () => {
  it('says what to install where it is not, and what an endpoint is', async () => {
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(hidden).href}` };
    const run = await iris(['serve', '--port', '0', '--otlp-endpoint', 'http://localhost:4318'], { env });
    expect([run.code, run.stderr.split('\n').at(-2)]).toEqual([
      2,
      'error: tracing: expected the packages of OpenTelemetry, which are not installed with iris: npm install @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-trace @opentelemetry/exporter-trace-otlp-proto (see iris serve --help)',
    ]);
    const wrong = await iris(['serve', '--port', '0', '--check'], { env: { IRIS_OTLP_ENDPOINT: 'collector:4317' } });
    expect([wrong.code, wrong.stderr.split('\n').at(-2)]).toEqual([
      2,
      'error: IRIS_OTLP_ENDPOINT: expected an http:// or https:// URL without a password and a query, such as http://localhost:4318, found another one (see iris serve --help)',
    ]);
  });
});
