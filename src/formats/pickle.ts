/** What pickles of protocol 2 to 5 begin with, and files that joblib compresses (zlib, gzip, bzip2, xz, lz4), in hex. */
const BEGINNINGS = /^(80(02|03|04|05)|78(01|5e|9c|da)|1f8b|425a68|fd377a585a|04224d18)/;

/** Whether a file looks like what pickle or joblib write, which is code that is run where it is read. */
export function isPickle(bytes: Uint8Array): boolean {
  return BEGINNINGS.test(Buffer.from(bytes.subarray(0, 8)).toString('hex'));
}

export const PICKLE_ADVICE =
  'expected a file without code, found a pickle, or a compressed file: whoever reads a pickle runs what is in it. ' +
  'Where the model was trained, write it with skops: `import skops.io` and `skops.io.dump(model, "model.skops")`';
