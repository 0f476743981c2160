/**
 * Scripts that complete `iris` in a shell, made from what --help knows.
 * Why: docs/decisions/own-shell-completion.md
 */

/** What of a flag a shell completes. */
export interface CompletedFlag {
  readonly name: string;
  readonly allowNo?: boolean | undefined;
  readonly char?: string | undefined;
  readonly description?: string | undefined;
  /** Name of its value, as in `FILE`. */
  readonly helpValue?: string | readonly string[] | undefined;
  readonly multiple?: boolean | undefined;
  /** All values that there are. */
  readonly options?: readonly string[] | undefined;
  readonly type: 'boolean' | 'option';
}

export interface CompletedCommand {
  /** Arguments in their order; a shell completes the first, where its values are listed. */
  readonly args: Readonly<Record<string, { readonly options?: readonly string[] | undefined }>>;
  readonly id: string;
  readonly flags: Readonly<Record<string, CompletedFlag>>;
  readonly summary?: string | undefined;
}

export const SHELLS = ['bash', 'fish', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

const HELP: CompletedFlag = { name: 'help', char: 'h', description: 'Show help.', type: 'boolean' };

/** The script of a shell, which completes commands, flags, listed values and files. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  const known: CompletedCommand[] = [
    ...commands.map((command) => ({ ...command, flags: { ...withPlainValues(command.flags), help: HELP } })),
    { id: 'help', args: {}, flags: {}, summary: 'Show help for a command.' },
    { id: 'version', args: {}, flags: {}, summary: 'Show the version.' },
  ];
  return { bash, fish, zsh }[shell](known);
}

/** A blank or a quote among the values has to be quoted where it is typed: those flags are completed without values. */
function withPlainValues(flags: CompletedCommand['flags']): CompletedCommand['flags'] {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { options, ...flag }]) => [
      name,
      options?.every((value) => /^[\w.-]+$/.test(value)) ? { ...flag, options } : flag,
    ]),
  );
}

function bash(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ id }) => id).join(' ');
  const flags = commands
    .map(({ id, flags }) => ({ id, words: Object.values(flags).flatMap(spellings).join(' ') }))
    .filter(({ words }) => words !== '')
    .map(({ id, words }) => `      ${id}) words=${quoted(words)} ;;`);
  const choices = commands.flatMap((command) =>
    choicesOf(command).map((words) => `      ${command.id}) words=${quoted(words)} ;;`),
  );
  const values = commands.flatMap(({ id, flags }) =>
    Object.values(flags).flatMap(({ name, char, options }) => {
      const patterns = [`--${name}`, ...(char ? [`-${char}`] : [])].map((flag) => `${id}${flag}`).join('|');
      return options ? [`    ${patterns}) words=${quoted(options.join(' '))} ;;`] : [];
    }),
  );
  return `_iris() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" words=
  COMPREPLY=()
  # Bash takes --flag=value for three words.
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  if ((COMP_CWORD == 1)) || [[ \${COMP_WORDS[1]} == help ]]; then
    COMPREPLY=($(compgen -W ${quoted(names)} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}$previous" in
${values.join('\n')}
  esac
  if [[ -z $words && $current == -* ]]; then
    case "\${COMP_WORDS[1]}" in
${flags.join('\n')}
    esac
  elif [[ -z $words ]]; then
    case "\${COMP_WORDS[1]}" in
${choices.join('\n')}
    esac
  fi
  # What has no words is completed as a file.
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _iris iris
`;
}

/** The values of the first argument, where they are listed. */
function choicesOf({ args }: CompletedCommand): string[] {
  return Object.values(args)
    .slice(0, 1)
    .flatMap(({ options }) => (options ? [options.join(' ')] : []));
}

/** `--reflection`, `--no-reflection`, a letter. */
function spellings({ name, allowNo, char }: CompletedFlag): string[] {
  return [`--${name}`, ...(allowNo ? [`--no-${name}`] : []), ...(char ? [`-${char}`] : [])];
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => fishCommand(command));
  return `${lines.join('\n')}\n`;
}

function fishCommand(command: CompletedCommand): string[] {
  const { id, flags, summary = '' } = command;
  return [
    `complete -c iris -f -n __fish_use_subcommand -a ${id} -d ${fishQuoted(summary)}`,
    `complete -c iris -f -n '__fish_seen_subcommand_from help' -a ${id} -d ${fishQuoted(summary)}`,
    ...choicesOf(command).map((words) => `complete -c iris -f -n '__fish_seen_subcommand_from ${id}' -a '${words}'`),
    ...Object.values(flags).flatMap((flag) => fishFlag(id, flag)),
  ];
}

function fishFlag(id: string, flag: CompletedFlag): string[] {
  const { name, allowNo, char, description = '', options, type } = flag;
  // -r: takes a value, which may be a file; -x: takes one that is none.
  const value = type === 'boolean' ? '' : takesFile(flag) ? ' -r' : ` -x${options ? ` -a '${options.join(' ')}'` : ''}`;
  const about = `complete -c iris -n '__fish_seen_subcommand_from ${id}'`;
  const text = ` -d ${fishQuoted(description)}`;
  const one = `${about} -l ${name}${char ? ` -s ${char}` : ''}${value}${text}`;
  return allowNo ? [one, `${about} -l no-${name}${text}`] : [one];
}

function zsh(commands: readonly CompletedCommand[]): string {
  const summaries = commands.map(({ id, summary = '' }) => `    ${quoted(`${id}:${summary}`)}`);
  const flags = commands.map((command) => {
    const values = choicesOf(command).map((words) => quoted(`1:value:(${words})`));
    const specs = [...Object.values(command.flags).flatMap(zshFlag), ...values, "'*:file:_files'"];
    return `    ${command.id}) _arguments -s ${specs.join(' \\\n      ')} ;;`;
  });
  return `#compdef iris
_iris() {
  local -a commands=(
${summaries.join('\n')}
  )
  if ((CURRENT == 2)) || [[ $words[2] == help ]]; then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${flags.join('\n')}
  esac
}
if [[ $funcstack[1] == _iris ]]; then _iris "$@"; else compdef _iris iris; fi
`;
}

function zshFlag(flag: CompletedFlag): string[] {
  const { allowNo, char, description = '', multiple, name, options, type } = flag;
  const text = `[${description.replace(/[[\]:\\]/g, '\\$&')}]`;
  const action = takesFile(flag) ? '_files' : options ? `(${options.join(' ')})` : ' ';
  const value = type === 'boolean' ? '' : `:${name}:${action}`;
  const all = spellings(flag);
  // The flags that exclude this one: itself, in all its spellings, unless it may be given again.
  const before = multiple ? '*' : all.length > 1 ? `(${all.join(' ')})` : '';
  const equals = type === 'boolean' ? '' : '=';
  return [
    quoted(`${before}--${name}${equals}${text}${value}`),
    ...(allowNo ? [quoted(`${before}--no-${name}${text}`)] : []),
    ...(char ? [quoted(`${before}-${char}${type === 'boolean' ? '' : '+'}${text}${value}`)] : []),
  ];
}

function takesFile({ helpValue }: CompletedFlag): boolean {
  return String(helpValue ?? '').startsWith('FILE');
}

/** In single quotes, for bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
