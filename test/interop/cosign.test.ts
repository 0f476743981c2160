import { appendFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';
import { cosign, describeWith, openssl, output, run } from './tools.js';

const page = await readFile(join(ROOT, 'docs/trust.md'), 'utf8');

/** The command of docs/trust.md that begins so, as it stands there, without the name of the program. */
function documented(beginning: string): string[] {
  const line = page.split('\n').find((text) => text.startsWith(`    ${beginning} `));
  return line!.trim().split(' ').slice(1);
}

describeWith([cosign, openssl], 'cosign', () => {
  let cwd: string;
  const verify = (change: (args: string[]) => string[] = (args) => args) =>
    run(cosign.command, change(documented('cosign')), { cwd });

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'iris-cosign-'));
    await cp(join(ROOT, 'artifacts/iris.json'), join(cwd, 'iris.json'));
    await output(openssl.command, documented('openssl genpkey'), { cwd });
    await output(openssl.command, documented('openssl pkey'), { cwd });
    expect(await iris(documented('iris sign'), { cwd })).toMatchObject({ code: 0, stderr: '' });
  });
  afterAll(() => rm(cwd, { recursive: true }));

  it('verifies what iris has signed, by the commands of the page', async () => {
    expect(await verify()).toMatchObject({ code: 0, stderr: expect.stringContaining('Verified OK') });
    expect(await iris(documented('iris serve --check'), { cwd })).toMatchObject({ code: 0, stderr: '' });
  });

  it('refuses it for another type, another key, and another file, as iris does', async () => {
    const otherType = await verify((args) => args.map((arg) => arg.replace('/signature/v1', '/signature/v2')));
    expect(otherType).toMatchObject({ code: 1, stderr: expect.stringContaining('invalid predicate type') });

    await output(openssl.command, ['genpkey', '-algorithm', 'ed25519', '-out', 'other.key'], { cwd });
    await output(openssl.command, ['pkey', '-in', 'other.key', '-pubout', '-out', 'other.pem'], { cwd });
    const otherKey = await verify((args) => args.map((arg) => (arg === 'pub.pem' ? 'other.pem' : arg)));
    expect(otherKey).toMatchObject({ code: 1, stderr: expect.stringContaining('accepted signatures do not match') });

    await appendFile(join(cwd, 'iris.json'), '\n');
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('artifact') });
    expect(await iris(documented('iris serve --check'), { cwd })).toMatchObject({ code: 65 });
  });
});
