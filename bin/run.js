#!/usr/bin/env node
// Starts the CLI. Whatever nobody caught, a failed import included, ends in exit code 70 and one line.

/** @param {unknown} error */
function endAsBug(error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: a bug of iris, please report it: ${text.replace(/\s*\n\s*/g, '; ')}\n`);
  if ((process.env.IRIS_DEBUG || process.env.DEBUG) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(70);
}

process.on('uncaughtException', endAsBug);
process.on('unhandledRejection', endAsBug);

try {
  const { main } = await import('../dist/cli/main.js');
  process.exit(await main(process.argv.slice(2), import.meta.url));
} catch (error) {
  endAsBug(error);
}
