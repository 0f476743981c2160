import { shownLocation } from '../formats/model-location.js';
import { UsageError } from '../ground/errors.js';
import { plural, printable, printableLines } from '../ground/quote.js';
import type { OnTrainingProgress } from '../training/progress.js';
import { beforeDashes } from './before-dashes.js';
import { debugStack, describeFailure, EXIT, failureLine, InterruptedError } from './failure.js';
import { type ChosenModel, resolveModelPath } from './model-path.js';
import { type Command, Flags, type Input, type ParserOutput, parse } from './oclif.js';
import { guardStreams, writeStdout } from './output.js';
import { createProgress } from './progress.js';
import { flagsOfVariables, unknownVariables } from './variables.js';

/** Parsed flags or arguments by name. */
type Values = Record<string, unknown>;

/** What a command asks of the configuration that it is run with, which may be oclif's. */
export interface Configuration {
  readonly bin: string;
  readonly commands: Command.Loadable[];
}

type Runnable = new (argv: readonly string[], config: Configuration) => BaseCommand;

/** How long an interrupted command may take to clean up before the process ends. */
const CLEANUP_MS = 400;

/**
 * What every command has in common: what oclif reads of a command is static here, and how one runs.
 *
 * - Throw the errors of errors.ts; they become exit codes and one line on stderr, or with `--json`
 *   `{"error": {"exit", "message", "details"?}}` on stdout. Everything else that is thrown is a bug of ours: 70.
 * - Results through `show`, `print`, `printJson` (stdout); everything else through `note`, `warning` (stderr).
 * - Pass `this.signal` to everything that takes long: SIGINT and SIGTERM abort it, the exit code is 130. A command with
 *   signals of its own (serve) sets `static override interruptible = false`.
 * - The process ends when `run` resolves, even with handles still open.
 *
 * `static override enableJsonFlag = false` removes `--json`.
 */
export abstract class BaseCommand {
  /** Its name, set by who runs it. */
  static id?: string;
  static description?: string;
  static summary?: string;
  static examples: readonly string[] = [];
  static args: (typeof Command)['args'] = {};
  static flags: (typeof Command)['flags'] = {};
  static enableJsonFlag = true;
  static interruptible = true;

  protected readonly argv: readonly string[];
  protected readonly config: Configuration;
  /** What takes long says so here; whatever else is written to the terminal removes the line first. */
  protected readonly progress = createProgress();
  readonly #abort = new AbortController();
  #resultShown = false;
  #onSignal: (() => void) | undefined;
  /** The variable of each flag that came from one. */
  #variables: ReadonlyMap<string, string> = new Map();

  constructor(argv: readonly string[], config: Configuration) {
    this.argv = argv;
    this.config = config;
  }

  static async run(this: Runnable, argv: readonly string[], config: Configuration): Promise<void> {
    const command = new this(argv, config);
    try {
      command.init();
      await command.run();
    } catch (error) {
      await command.catch(error);
    } finally {
      command.finally();
    }
  }

  protected abstract run(): Promise<void>;

  protected get ctor(): typeof BaseCommand {
    return this.constructor as typeof BaseCommand;
  }

  /** Aborted on SIGINT and SIGTERM. */
  protected get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The result: `value` with `--json`, else the text, which should end in a newline. */
  protected async show(value: unknown, text: () => string): Promise<void> {
    if (this.jsonEnabled()) await this.printJson(value);
    else await this.print(text());
  }

  /** Writes text to stdout as it is. False once the reader has closed the pipe: stop quietly. */
  protected print(text: string): Promise<boolean> {
    this.#resultShown ||= text !== '';
    if (process.stdout.isTTY) this.progress.clear();
    return writeStdout(text);
  }

  /** For what reads a table: how much of it was read. */
  protected readonly onRead = (share: number | undefined, rowCount: number): void => {
    this.progress.report(share, plural(rowCount, 'row'));
  };

  /** For what trains. */
  protected readonly onTraining: OnTrainingProgress = (_, phase, share) => {
    this.progress.begin(phase);
    this.progress.report(share);
  };

  protected printJson(value: unknown): Promise<boolean> {
    return this.print(`${printableLines(JSON.stringify(value, null, 2))}\n`);
  }

  /** A line for a person, on stderr. Control characters from files and servers are escaped. */
  protected note(line: string): void {
    this.progress.clear();
    process.stderr.write(`${printable(line)}\n`);
  }

  protected warning(line: string): void {
    this.note(`warning: ${line}`);
  }

  /** Which model a command works with (`--model`, IRIS_MODEL, ./artifacts/iris.json, bundled), said on stderr. */
  protected chooseModel(flag: string | undefined): ChosenModel {
    const chosen = this.modelPath(flag);
    this.note(`model: ${shownLocation(chosen.path)} (${chosen.reason})`);
    return chosen;
  }

  /** The same, for a command that says it in its own way. */
  protected modelPath(flag: string | undefined): ChosenModel {
    return resolveModelPath(this.#variables.has('model') ? undefined : flag);
  }

  protected jsonEnabled(): boolean {
    return this.ctor.enableJsonFlag && beforeDashes(this.argv).includes('--json');
  }

  protected init(): void {
    guardStreams();
    if (!this.ctor.interruptible) return;
    for (const line of this.unknownVariables()) this.warning(line);
    this.#onSignal = () => this.#interrupt();
    process.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal);
  }

  /** A line about each variable that nobody reads. A command that logs has to log them. */
  protected unknownVariables(): string[] {
    return unknownVariables(flagsOfAll(this.config), process.env);
  }

  /** A flag's variable is read as the flag is; `raw` is what was typed alone. */
  protected async parse<F extends Values, B extends Values, A extends Values>(
    { args, flags }: Input<F, B, A>,
    argv = this.argv,
  ): Promise<ParserOutput<F, B, A>> {
    refuseSingleDash(argv, Object.keys(this.ctor.flags));
    const given = flagsOfVariables(this.ctor.flags, argv, process.env);
    this.#variables = given.variables;
    const input = { args, flags: { ...(this.ctor.enableJsonFlag && JSON_FLAG), ...withoutVariables(flags) } };
    const parsed = await parse([...given.argv, ...argv], input as Input<F, B, A>);
    return { ...parsed, raw: parsed.raw.slice(given.argv.length) };
  }

  protected async catch(error: unknown): Promise<void> {
    this.progress.end();
    const cause = this.signal.aborted ? this.signal.reason : error;
    const failure = describeFailure(cause, {
      command: `${this.config.bin} ${this.ctor.id ?? ''}`.trim(),
      flags: [...Object.keys(this.ctor.flags), ...(this.ctor.enableJsonFlag ? ['json'] : []), 'help'],
      argv: this.argv,
      variables: this.#variables,
      ownVariables: new Map(Object.entries(this.ctor.flags).flatMap(([name, { env }]) => (env ? [[name, env]] : []))),
    });
    process.exitCode = failure.exit;
    // A negative result (a failed gate) is already the one JSON document on stdout.
    if (this.jsonEnabled() && !this.#resultShown) await this.printJson({ error: { ...failure, lines: undefined } });
    else process.stderr.write(failureLine(failure));
    const stack = debugStack(error);
    if (stack) process.stderr.write(`${stack}\n`);
  }

  protected finally(): void {
    this.progress.end();
    if (this.#onSignal) process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal);
  }

  #interrupt(): void {
    const exit = () => {
      this.note('interrupted');
      process.exit(EXIT.interrupted);
    };
    if (this.signal.aborted) exit();
    this.#abort.abort(new InterruptedError('interrupted'));
    setTimeout(exit, CLEANUP_MS).unref();
  }
}

/** One by one: where there is no variable to judge, the commands are not read. */
function* flagsOfAll(config: Configuration): Iterable<[string, Command.Flag.Cached]> {
  for (const { flags } of config.commands) yield* Object.entries(flags);
}

const JSON_FLAG = { json: Flags.boolean() };

/** Flags as oclif reads them, which would read variables of those too that are left out here. */
function withoutVariables(flags: object = {}): object {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, env: undefined }]));
}

/** `-data x.csv` would be read as `-d ata`. */
function refuseSingleDash(argv: readonly string[], flags: readonly string[]): void {
  const typed = beforeDashes(argv).map((argument) => argument.replace(/=.*/s, ''));
  const meant = flags.find((name) => name.length > 1 && typed.includes(`-${name}`));
  if (meant !== undefined) throw new UsageError(`unknown flag -${meant}, did you mean --${meant}?`);
}
