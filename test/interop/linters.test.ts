/** What runs only where the project is released is at least checked by its own linter. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { actionlint, describeWith, hadolint, run } from './tools.js';

const clean = { code: 0, stdout: '', stderr: '' };
const folder = join(ROOT, '.github/workflows');
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

describeWith([actionlint], 'actionlint', () => {
  // Without what it would run if the machine had it.
  const lint = (text: string) =>
    run(actionlint.command, ['-shellcheck=', '-pyflakes=', '-'], { cwd: ROOT, input: text });

  it.each(workflows)('has nothing to say about $name', async ({ text }) => {
    expect(await lint(text)).toEqual(clean);
  });

  it('would say what is wrong', async () => {
    const release = workflows.find(({ name }) => name === 'release.yml')!.text;
    const { code, stdout } = await lint(release.replace('steps.build.outputs.digest', 'steps.built.outputs.digest'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('property "built" is not defined') });
  });
});

describeWith([hadolint], 'hadolint', () => {
  const lint = (text: string) => run(hadolint.command, ['--no-color', '-'], { input: text });

  it('has nothing to say about the Dockerfile', async () => {
    expect(await lint(dockerfile)).toEqual(clean);
  });

  it('would say what is wrong', async () => {
    const { code, stdout } = await lint(dockerfile.replace(/^WORKDIR .*/m, 'WORKDIR app'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('DL3000') });
  });
});
