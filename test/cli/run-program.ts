import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The bundle of test/cli/program: as deep as the package's own chunks, from where files of the package are found. */
export const PROGRAM = fileURLToPath(new URL('../../dist/test-program/run.js', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts test/cli/program: commands made for tests, and the real `predict` and `health`. */
export function startProgram(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { DEBUG, IRIS_DEBUG, IRIS_MODEL, NODE_ENV, ...clean } = process.env;
  return spawn(process.execPath, [PROGRAM, ...args], { env: { ...clean, ...env }, stdio: 'pipe' });
}

export async function runProgram(
  args: readonly string[],
  { env, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Run> {
  const child = startProgram(args, env);
  child.stdin!.on('error', () => {}); // a command that fails early closes its input
  child.stdin!.end(input);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([textOf(child.stdout!), textOf(child.stderr!)]);
  const [code] = (await closed) as [number | null];
  return { code, stdout, stderr };
}

export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
