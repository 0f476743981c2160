/**
 * The parts of oclif that a command line needs to run. The build puts them into one file; whatever oclif needs besides,
 * to show help or to find commands, is loaded by `help.ts`.
 * Why: docs/decisions/commands-without-the-whole-of-oclif.md
 */
import * as Args from '@oclif/core/args';
import { CLIError } from '@oclif/core/errors';
import * as Flags from '@oclif/core/flags';
import { parse } from '@oclif/core/parser';

export type { Command } from '@oclif/core/command';
export type { InferredFlags, Input, OptionFlag, ParserOutput } from '@oclif/core/interfaces';

export { Args, CLIError, Flags, parse };
