import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian's package postgresql has its programs; undefined where it is not installed. */
function programs(): string | undefined {
  try {
    const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(a) - Number(b));
    return versions.length === 0 ? undefined : join('/usr/lib/postgresql', versions.at(-1)!, 'bin');
  } catch {
    return undefined;
  }
}

export const postgresql = {
  name: "Debian's postgresql",
  command: programs() === undefined ? 'postgres' : join(programs()!, 'postgres'),
  check: ['--version'],
};

export interface PostgresServer {
  readonly port: number;
  stop(): void;
}

/** A server of its own on loopback, for user `postgres` with the password `p@ss:word/1`, that keeps nothing. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-postgres-'));
  const data = join(folder, 'data');
  const port = await freePort();
  mkdirSync(data);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  const run = (program: string, args: readonly string[]) =>
    execFileSync(join(programs()!, program), args, {
      ...asPostgres(folder, data),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  run('initdb', ['-D', data, '-A', 'scram-sha-256', '-U', 'postgres', `--pwfile=${passwordFile}`, '--locale=C.UTF-8']);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`;
  run('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start']);
  return {
    port,
    stop() {
      spawnSync(join(programs()!, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], asPostgres(folder, data));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const PASSWORD = 'p@ss:word/1';

/** PostgreSQL refuses to run as root. */
function asPostgres(...folders: readonly string[]): { uid?: number; gid?: number; cwd: string } {
  if (process.getuid?.() !== 0) return { cwd: tmpdir() };
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  for (const folder of folders) chownSync(folder, uid, gid);
  return { uid, gid, cwd: tmpdir() };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
