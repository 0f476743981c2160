import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bundled, documented, embeddedScript } from '../../browser/embedded.js';
import { ROOT } from '../../e2e/cli.js';
import { describeWith, type Tool } from '../tools.js';

/** A context with what runtimes at the edge have, and nothing of Node. */
const vm = `${ROOT}node_modules/.cache/interop/edge/node_modules/@edge-runtime/vm`;
const edgeRuntime: Tool = {
  name: '@edge-runtime/vm',
  command: process.execPath,
  check: ['-e', `require(${JSON.stringify(vm)})`],
};

describeWith([edgeRuntime], 'an edge runtime', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iris-edge-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('predicts with the js export and with iris-grpc/tree what they predict in Node', async () => {
    const { expected, script } = await embeddedScript();
    writeFileSync(join(folder, 'script.js'), script);
    const program = `const { EdgeVM } = require(${JSON.stringify(vm)});
const context = new EdgeVM();
context.evaluate('globalThis.report = (text) => { globalThis.reported = text; }');
context.evaluate(require('node:fs').readFileSync(${JSON.stringify(join(folder, 'script.js'))}, 'utf8'));
process.stdout.write(context.evaluate('typeof process + " " + reported'));`;
    expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe(`undefined ${expected}`);
  });

  it('answers a request as it is documented', async () => {
    const handler = documented('At the edge').replace('export default', 'globalThis.handler =');
    writeFileSync(join(folder, 'handler.js'), await bundled(handler));
    const body = JSON.stringify({ sepal_length: 5, sepal_width: 3.6, petal_length: 1.3, petal_width: 0.25 });
    const program = `const { EdgeVM } = require(${JSON.stringify(vm)});
const context = new EdgeVM();
context.evaluate(require('node:fs').readFileSync(${JSON.stringify(join(folder, 'handler.js'))}, 'utf8'));
const request = ${JSON.stringify(`new Request('http://edge.test', { method: 'POST', body: ${JSON.stringify(body)} })`)};
context.evaluate('handler.fetch(' + request + ').then((answer) => answer.json())').then(({ label }) => console.log(label));`;
    expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe('setosa\n');
  });
});
