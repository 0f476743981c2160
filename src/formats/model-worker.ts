/** A thread that reads one model, checks it, and gives it packed. */
import { packModel } from '../model/packed-model.js';
import { answerOnce } from '../threads/answer.js';
import { withModelFile } from './model-file.js';
import { readModelBytes } from './registry.js';

await answerOnce(async (path: string) => {
  // Not kept here: the file's bytes are garbage when the model is there.
  const packed = packModel(await withModelFile(path, async (file) => readModelBytes(await file.read(), path)));
  return { answer: packed, transfer: [packed] };
});
