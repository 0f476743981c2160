import { expect } from 'vitest';
import type { Run } from '../e2e/cli.js';

/** An exit code that says what happened, one line, no stack, nothing a terminal would act on. */
export function expectCleanEnd({ code, stderr, stdout }: Run, exits: readonly number[]): void {
  expect(exits, stderr.slice(0, 1000)).toContain(code);
  expect(stderr).not.toMatch(/\n\s+at |Unhandled|FATAL|bug of iris/);
  expect(stderr.length).toBeLessThan(5000);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
}

/** What a terminal would act on: its title, its screen, its colours, another line. */
export const esc = '\u001b]0;owned\u0007\u001b[2J\u009b31m\r\nsecond line';
