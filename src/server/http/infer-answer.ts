import { contentsInPieces, type InferResult, type OutputTensor } from '../../protocol/infer-response-codec.js';
import { type InferLimits, replyTooLarge } from '../calls/reply-limit.js';
import type { Turns } from '../calls/turns.js';

/** JSON, and the contents of the outputs that are to come as bytes. */
export interface InferAnswer {
  readonly json: Buffer<ArrayBuffer>;
  readonly raw: readonly Uint8Array[];
}

/** Elements that are written at once, and characters of a long element. */
const PIECE = 2048;
const PIECE_CHARACTERS = 32 * 1024;
/** A number's shortest digits are looked for. */
const NUMBER_STEPS = 40;
const CHARACTER_STEPS = 1;

/**
 * The answer in the protocol's REST form: data in one row-major array, BYTES as strings.
 *
 * @throws Refusal as soon as it is larger than a reply may be
 */
export async function writeAnswer(
  result: InferResult,
  isBinary: (output: string) => boolean,
  limits: InferLimits,
  turns: Turns,
): Promise<InferAnswer> {
  const json = new JsonText(limits, turns);
  const raw: Uint8Array[] = [];
  json.add(`{"model_name":${JSON.stringify(result.modelName)},"model_version":${JSON.stringify(result.modelVersion)}`);
  if (result.id !== '') json.add(`,"id":${JSON.stringify(result.id)}`);
  json.add(',"outputs":[');
  for (const [index, output] of result.outputs.entries()) {
    const { datatype, name, shape } = output;
    if (index > 0) json.add(',');
    if (isBinary(name)) {
      const contents = await contentsInPieces(output, true, turns);
      raw.push(contents);
      const parameters = { ...output.parameters, binary_data_size: contents.byteLength };
      json.add(JSON.stringify({ name, datatype, shape, parameters }));
      continue;
    }
    const head = JSON.stringify({ name, datatype, shape, parameters: output.parameters });
    json.add(`${head.slice(0, -1)},"data":[`);
    await json.addData(output);
    json.add(']}');
  }
  json.add(']}');
  return { json: json.finish(), raw };
}

/** JSON that is written in pieces. */
class JsonText {
  readonly #limits: InferLimits;
  readonly #turns: Turns;
  readonly #pieces: Buffer[] = [];
  #byteLength = 0;

  constructor(limits: InferLimits, turns: Turns) {
    this.#limits = limits;
    this.#turns = turns;
  }

  add(text: string): void {
    const piece = Buffer.from(text);
    this.#byteLength += piece.byteLength;
    // Numbers are longer as text: the size is known only here.
    if (this.#byteLength > this.#limits.maxMessageBytes) throw replyTooLarge(this.#limits);
    this.#pieces.push(piece);
  }

  async addData(output: OutputTensor): Promise<void> {
    if (output.datatype === 'BYTES') {
      await this.#addTexts(output.values);
      return;
    }
    const { values } = output;
    for (let start = 0; start < values.length; start += PIECE) {
      const piece = values.subarray(start, start + PIECE);
      if (this.#turns.spend(piece.length * NUMBER_STEPS)) await this.#turns.pause();
      this.add((start > 0 ? ',' : '') + JSON.stringify(Array.from(piece)).slice(1, -1));
    }
  }

  finish(): Buffer<ArrayBuffer> {
    return Buffer.concat(this.#pieces);
  }

  async #addTexts(values: readonly Uint8Array[]): Promise<void> {
    let piece: string[] = [];
    let characters = 0;
    const flush = async (separator: string) => {
      if (this.#turns.spend(piece.length * NUMBER_STEPS + characters * CHARACTER_STEPS)) await this.#turns.pause();
      this.add(JSON.stringify(piece).slice(1, -1) + separator);
      piece = [];
      characters = 0;
    };
    for (const [index, { buffer, byteLength, byteOffset }] of values.entries()) {
      const text = Buffer.from(buffer, byteOffset, byteLength).toString();
      const separator = index < values.length - 1 ? ',' : '';
      if (text.length > PIECE_CHARACTERS) {
        if (piece.length > 0) await flush(',');
        await this.#addLongText(text);
        this.add(separator);
        continue;
      }
      piece.push(text);
      characters += text.length;
      if (piece.length === PIECE || characters > PIECE_CHARACTERS || separator === '') await flush(separator);
    }
  }

  /** One string in pieces, between which no pair of surrogates is divided. */
  async #addLongText(text: string): Promise<void> {
    this.add('"');
    for (let start = 0; start < text.length; ) {
      let end = Math.min(start + PIECE_CHARACTERS, text.length);
      if (end < text.length && isLowSurrogate(text.charCodeAt(end))) end--;
      if (this.#turns.spend((end - start) * CHARACTER_STEPS)) await this.#turns.pause();
      this.add(JSON.stringify(text.slice(start, end)).slice(1, -1));
      start = end;
    }
    this.add('"');
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
