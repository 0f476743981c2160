#!/usr/bin/env node
// Starts the CLI. Whatever nobody caught, a failed import included, ends in exit code 70 and one line.
import module from 'node:module';
import { join } from 'node:path';

/** @param {unknown} error */
function endAsBug(error) {
  const text = error instanceof Error ? error.message : String(error);
  if (text.startsWith('EMFILE')) {
    process.stderr.write(`the limit of open files is reached (ulimit -n): raise it: ${text}\n`);
    process.exit(69);
  }
  process.stderr.write(`error: a bug of iris, please report it: ${text.replace(/\s*\n\s*/g, '; ')}\n`);
  if ((process.env.IRIS_DEBUG || process.env.DEBUG) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(70);
}

// Node's own listener opens a debugger, through which anyone who reaches its port runs code. One of ours replaces it.
process.on('SIGUSR1', () => {});

process.on('uncaughtException', endAsBug);
process.on('unhandledRejection', endAsBug);

// The first process of a container dies of no signal that it does not hear. Until a command hears them, they end it here.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(130);
  });
}

// From Node 22.1 on, what V8 compiles is kept for the next start, in the variable for threads and workers too.
// Why: docs/decisions/compiled-code-is-kept-for-its-user.md
const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
const caches = XDG_CACHE_HOME || LOCALAPPDATA || (HOME && join(HOME, '.cache'));
if (caches) process.env.NODE_COMPILE_CACHE ??= join(caches, 'iris');
if (process.env.NODE_COMPILE_CACHE) module.enableCompileCache?.();

try {
  const args = process.argv.slice(2);
  const isProbe = args.length === 1 && args[0] === 'health' && process.env.IRIS_HEALTH_SOCKET;
  const { main } = await import(isProbe ? '../dist/cli/health-probe.js' : '../dist/cli/main.js');
  process.exit(await main(args, import.meta.url));
} catch (error) {
  endAsBug(error);
}
