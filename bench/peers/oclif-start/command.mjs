import { Command } from '@oclif/core';

/** Does nothing: what is left is what a command line of oclif takes to start. */
export default class extends Command {
  async run() {}
}
