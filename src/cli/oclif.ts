import { createRequire } from 'node:module';

/**
 * The parts of oclif that are used. `@oclif/core` as a whole is a third more modules, and an import of CommonJS reads
 * each source twice, the first time for the names of its exports: together a tenth of a server's start.
 */

// Why: docs/decisions/oclif-part-by-part.md
const require = createRequire(import.meta.url);

export const Args: typeof import('@oclif/core/args') = require('@oclif/core/args');
export const { Command }: typeof import('@oclif/core/command') = require('@oclif/core/command');
export const { Config }: typeof import('@oclif/core/config') = require('@oclif/core/config');
export const { CLIError, ExitError, ModuleLoadError }: typeof import('@oclif/core/errors') =
  require('@oclif/core/errors');
export const Flags: typeof import('@oclif/core/flags') = require('@oclif/core/flags');
export const { run }: typeof import('@oclif/core/run') = require('@oclif/core/run');
export const { settings }: typeof import('@oclif/core/settings') = require('@oclif/core/settings');

export type { Config as Configuration } from '@oclif/core/config';
export type { InferredFlags, Input, OptionFlag, ParserOutput } from '@oclif/core/interfaces';
