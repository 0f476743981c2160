import { basename } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { fileArgument, fileFlag, outputFlag } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readSigningKey } from '../cli/keys.js';
import { isAddress, SIGNATURE_EXTENSION, shownLocation } from '../formats/model-location.js';
import { keyId, sha256, shownKeyId, signFile } from '../formats/signature.js';
import { readArtifact } from '../formats/store.js';
import { writeWholeFile } from '../formats/whole-file.js';
import { UsageError } from '../ground/errors.js';

export default class Sign extends BaseCommand {
  static override args = {
    model: fileArgument({ description: 'Model file.', name: 'MODEL', required: true }),
  };
  static override description =
    'The key is Ed25519, as openssl genpkey -algorithm ed25519 makes one. Every command with --verify-key looks for the signature beside the model; cosign verify-blob-attestation verifies it too.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --key key.pem',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --key key.pem --out release/iris.json.sig',
  ];
  static override flags = {
    key: fileFlag({ description: 'Private key, in PEM.', required: true }),
    out: outputFlag({
      char: 'o',
      description: `Where to write the signature. Default: beside the model, MODEL${SIGNATURE_EXTENSION}.`,
    }),
  };
  static override summary = 'Sign a model with a key.';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Sign);
    const { model: path } = args;
    if (isAddress(path)) {
      const found = `${shownLocation(path)}: download what is to be signed, and look at it`;
      throw new UsageError(`MODEL: expected a file, found ${found}`);
    }
    const out = flags.out ?? path + SIGNATURE_EXTENSION;
    await keepInputs({ files: { 'the model': path, 'the key': flags.key } }, { option: 'out', path: out });
    const key = await readSigningKey(flags.key);
    const { model, text } = await readArtifact(path, this.signal);
    const bytes = Buffer.from(text);
    await writeWholeFile(out, signFile({ name: basename(path), bytes, modelSha256: model.sha256 }, key));
    const signed = { path, sha256: model.sha256, version: model.version };
    await this.show(
      { model: signed, file: { sha256: sha256(bytes) }, signature: { path: out, keyId: keyId(key) } },
      () => `${out}: ${path}, version ${model.version}, signed with key ${shownKeyId(key)}\n`,
    );
  }
}
