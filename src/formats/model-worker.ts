/** A thread that reads one model, checks it, and gives it packed. */
import { packModel } from '../model/packed-model.js';
import { answerOnce } from '../threads/answer.js';
import { withModelFile } from './model-file.js';
import type { UnreadModel } from './model-thread.js';
import { readSignedModel } from './signed-model.js';

await answerOnce(async (model: UnreadModel) => {
  const { hashes, name } = model;
  // Not kept here: the file's bytes are garbage when the model is there.
  const packed = packModel(
    model.bytes === undefined
      ? await withModelFile(name, async (file) => readSignedModel(await file.read(), name, hashes))
      : readSignedModel(taken(model), name, hashes),
  );
  return { answer: packed, transfer: [packed] };
});

/** The bytes, which what the thread began with has no longer. */
function taken(model: { bytes?: Uint8Array | undefined }): Uint8Array {
  const bytes = model.bytes!;
  model.bytes = undefined;
  return bytes;
}
