import { BaseCommand } from '../cli/base-command.js';
import { completionScript, SHELLS, type Shell } from '../cli/completion.js';
import { Args } from '../cli/oclif.js';

export default class Completion extends BaseCommand {
  static override args = {
    shell: Args.custom<Shell>({})({ description: 'Which shell.', name: 'SHELL', options: [...SHELLS], required: true }),
  };
  static override description = 'Print a script that completes commands, flags and their values in a shell.';
  static override enableJsonFlag = false;
  static override examples = [
    'eval "$(<%= config.bin %> <%= command.id %> bash)"',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    '<%= config.bin %> <%= command.id %> zsh > "$fpath[1]/_<%= config.bin %>"',
  ];
  static override flags = {};
  static override summary = 'Print a script that completes iris in bash, fish or zsh.';

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    await this.print(completionScript(args.shell, this.config.commands));
  }
}
