import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { describeWith, output } from '../interop/tools.js';
import { freePort, until } from './prometheus.js';
import { compose, composeFolder, engine } from './tools.js';

/** What docs/deploy.md has in blocks of `sh`, a command a line. */
function commandsOf(page: string): string[] {
  const blocks = [...page.matchAll(/^```sh\n([^`]*)^```$/gm)].map(([, block]) => block!.trimEnd());
  return blocks.flatMap((block) => block.split('\n'));
}

/** What changes the model, and what the server's log says of it. */
const changes: readonly (readonly [command: string, event: RegExp])[] = [
  ['docker run --rm', /model reloaded/],
  ["echo '{}'", /reload failed/],
  ['mv models/', /model reloaded[\s\S]*model reloaded/],
];

/** What a build and the commands need of this folder. */
const needed = [
  ...['Dockerfile', '.dockerignore', 'LICENSE', 'package.json', 'package-lock.json'],
  ...['tsconfig.json', 'tsconfig.build.json'],
  ...['bin', 'src', 'proto', 'data', 'artifacts', 'deploy'],
];

describeWith([compose, engine], 'docs/deploy.md', () => {
  let checkout: string;
  let page: string;

  beforeAll(async () => {
    page = await readFile(`${ROOT}docs/deploy.md`, 'utf8');
    checkout = await mkdtemp(join(tmpdir(), 'iris-page-'));
    await chmod(checkout, 0o755); // the container's user is not ours
    for (const name of needed) await cp(`${ROOT}${name}`, join(checkout, name), { recursive: true });
  });
  afterAll(async () => {
    const down = ['compose', '--project-name', 'iris-page', 'down'];
    await output('docker', ['--config', composeFolder, ...down]);
    await rm(checkout, { recursive: true });
  });

  it('has commands that do what it says, one after the other', async () => {
    const environment = {
      ...process.env,
      DOCKER_CONFIG: composeFolder,
      COMPOSE_PROJECT_NAME: 'iris-page',
      GRPC_PORT: String(await freePort()),
      HTTP_PORT: String(await freePort()),
    };
    const run = async (command: string): Promise<string> => {
      const shell = spawn('bash', ['-c', command], {
        cwd: checkout,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const streams = Promise.all([text(shell.stdout), text(shell.stderr)]);
      const [code] = await once(shell, 'close');
      const [stdout, stderr] = await streams;
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: expect.any(String) });
      return stdout + stderr;
    };
    const versions: (string | undefined)[] = [];
    for (const command of commandsOf(page)) {
      const said = await run(command);
      if (command.includes('iris predict')) versions.push(/version (\w+)/.exec(said)?.[1]);
      // What a reader sees on the dashboard before going on.
      const [, event] = changes.find(([change]) => command.startsWith(change)) ?? [];
      const logs = 'docker compose --file deploy/compose.yaml logs iris';
      if (event) await until(async () => event.test(await run(logs)));
    }
    const [first, all, trained, refused, back] = versions;
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    expect(versions).toHaveLength(5);
    expect({ all, refused, back }).toEqual({ all: first, refused: trained, back: first });
    expect(trained).not.toBe(first);
  });

  it('names files that there are', () => {
    const paths = [...page.matchAll(/\bdeploy\/[\w./-]+[\w]/g)].map(([path]) => path);
    expect(paths.length).toBeGreaterThan(10);
    const written = 'deploy/.env'; // by the page
    expect(paths.filter((path) => path !== written && !existsSync(`${ROOT}${path}`))).toEqual([]);
  });
});
