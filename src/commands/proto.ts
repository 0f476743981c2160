import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { readContract } from '../cli/contract-file.js';
import { fileArgument, outputFlag, verifyKeyFlag } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { Flags } from '../cli/oclif.js';
import { type Contract, contractFor, contractName, present, serviceOf } from '../contract/contract.js';
import { parseContract, writeContract } from '../contract/proto-text.js';
import { isAddress } from '../formats/model-location.js';
import { readModel } from '../formats/store.js';
import { writeWholeFile } from '../formats/whole-file.js';
import { badOption } from '../ground/errors.js';
import { plural } from '../ground/quote.js';

export default class Proto extends BaseCommand {
  static override args = {
    model: fileArgument({ description: 'Model file, or its https:// URL.', name: 'MODEL', required: true }),
  };
  static override description =
    'Write a typed gRPC contract: a field per feature, an enum of the classes. Over an earlier contract it keeps the numbers and names; what the model lost is reserved. iris serve --contract answers it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> artifacts/wine.json --out wine.proto',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json',
  ];
  static override flags = {
    name: Flags.string({ description: 'Name of the model in the contract. Default: that of the model file.' }),
    out: outputFlag({
      char: 'o',
      description: 'Where to write the contract, over an earlier one too. Default: standard output.',
    }),
    'verify-key': verifyKeyFlag(),
  };
  static override summary = 'Write a typed gRPC contract for a model.';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Proto);
    const { name, out } = flags;
    await keepInputs(
      { files: { 'the model': args.model } },
      out === undefined ? undefined : { option: 'out', path: out },
    );
    const earlier = out === undefined ? undefined : await readEarlier(out);
    if (earlier && name !== undefined && contractName(name) !== earlier.name) {
      throw badOption('name', `${earlier.name}, as the contract in ${out} has it`, name);
    }
    this.progress.begin('loading');
    const trust = { verifyKeys: await readVerifyKeys(flags['verify-key']) };
    const model = await readModel(args.model, this.signal, trust);
    const contract = contractFor(model, name ?? nameOf(args.model), earlier);
    const text = writeContract(contract);
    const { classes, fields } = contract;
    const json = { service: serviceOf(contract), ...(out !== undefined && { path: out }), fields, classes };
    if (out === undefined) return this.show(json, () => text);
    await writeWholeFile(out, text);
    await this.show(json, () => `${out}: ${serviceOf(contract)}, ${summary(contract, earlier)}\n`);
  }
}

/** The contract that is written over; undefined where there is no file. */
async function readEarlier(path: string): Promise<Contract | undefined> {
  if (!existsSync(path)) return undefined;
  return parseContract(await readContract(path), path);
}

/** `wine` of `models/wine.json`. */
function nameOf(location: string): string {
  const path = isAddress(location) ? new URL(location).pathname : location;
  return basename(path).replace(/\.json$/i, '');
}

function summary(contract: Contract, earlier: Contract | undefined): string {
  const counts = [
    plural(present(contract.fields).length, 'feature'),
    plural(present(contract.classes).length, 'class', 'classes'),
  ].join(' and ');
  if (earlier === undefined) return counts;
  const keysOf = ({ classes, fields }: Contract) =>
    [...present(fields), ...present(classes)].map((member) => `${'kind' in member} ${member.number}`);
  const [before, after] = [new Set(keysOf(earlier)), new Set(keysOf(contract))];
  const added = keysOf(contract).filter((key) => !before.has(key)).length;
  const removed = keysOf(earlier).filter((key) => !after.has(key)).length;
  return `${counts}: ${added} added, ${removed} removed`;
}
