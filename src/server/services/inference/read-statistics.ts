import { WireWriter } from '../../../protobuf/wire.js';
import type { ComputeStatistics, ModelStatisticsMessage, StatisticDuration } from '../../../protocol/messages.js';
import type { CallContext } from '../../calls/call-context.js';
import { type InferLimits, replyTooLarge } from '../../calls/reply-limit.js';
import { Turns } from '../../calls/turns.js';
import type { GatherStatistics } from '../../models/model-statistics.js';
import type { ServedModels } from '../../models/served-models.js';

/** Steps to write those of one model: of a thousand models, with all numbers of rows, they are ten megabytes. */
const MODEL_STEPS = 4000;
const BATCH_STEPS = 1000;

interface Asked {
  readonly name: string;
  readonly version: string;
}

/** Versions that are read together. */
const READ_AT_ONCE = 64;

interface State {
  readonly models: ServedModels;
  /** Where other processes have counted too. */
  readonly gatherStatistics?: GatherStatistics | undefined;
  readonly limits: InferLimits;
}

/**
 * A ModelStatisticsResponse: model_stats = 1.
 *
 * @param asked all models where the name is empty, all versions of one where the version is
 * @throws Refusal where the server has no such model, or the reply would be too large
 */
export async function statisticsInMessage(state: State, asked: Asked, context: CallContext): Promise<Buffer> {
  const response = new WireWriter(1024);
  await eachModel(state, asked, context, (found) => response.message(1, encode(found)).byteLength);
  return response.finish();
}

/** The same over HTTP. */
export async function statisticsInJson(state: State, asked: Asked, context: CallContext): Promise<Buffer<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  let byteLength = 0;
  await eachModel(state, asked, context, (found) => {
    const piece = Buffer.from((pieces.length > 0 ? ',' : '') + JSON.stringify(found));
    pieces.push(piece);
    byteLength += piece.byteLength;
    return byteLength;
  });
  return Buffer.concat([Buffer.from('{"model_stats":['), ...pieces, Buffer.from(']}')]);
}

/** @param write adds those of one model; returns the bytes of all */
async function eachModel(
  { gatherStatistics, limits, models }: State,
  asked: Asked,
  context: CallContext,
  write: (found: ModelStatisticsMessage) => number,
): Promise<void> {
  const of = models.forCall(context);
  const turns = new Turns(context);
  const gather: GatherStatistics =
    gatherStatistics ??
    (async (versions) => versions.map(({ name, version }) => of.find(name, version).statistics.read(name, version)));
  const all = versionsAsked(models, asked);
  for (let start = 0; start < all.length; start += READ_AT_ONCE) {
    const versions = all.slice(start, start + READ_AT_ONCE).map(({ name, version }) => {
      return { name, version: of.find(name, version).model.version };
    });
    for (const found of await gather(versions)) {
      if (turns.spend(MODEL_STEPS + found.batch_stats.length * BATCH_STEPS)) await turns.pause();
      if (write(found) > limits.maxMessageBytes) throw replyTooLarge(limits);
    }
  }
}

/** A name or a version that there is not is among them, and refused where it is looked for. */
function versionsAsked(models: ServedModels, { name, version }: Asked): readonly Asked[] {
  const all = (of: string) => models.versionsOf(of).map((one) => ({ name: of, version: one }));
  if (name === '') return [...models.names].flatMap(all);
  const known = version === '' ? all(name) : [];
  return known.length > 0 ? known : [{ name, version }];
}

/**
 * ModelStatistics: name = 1, version = 2, last_inference = 3, inference_count = 4, execution_count = 5, inference_stats = 6
 * {success = 1, fail = 2, queue = 3, compute = 4 to 6}, batch_stats = 7 {batch_size = 1, compute = 2 to 4}.
 */
function encode(found: ModelStatisticsMessage): WireWriter {
  const { batch_stats, inference_stats } = found;
  const writer = new WireWriter(512).string(1, found.name).string(2, found.version);
  writer.int64(3, found.last_inference).int64(4, found.inference_count).int64(5, found.execution_count);
  const { fail, queue, success } = inference_stats;
  const parts = new WireWriter().message(1, duration(success)).message(2, duration(fail)).message(3, duration(queue));
  writer.message(6, compute(parts, 4, inference_stats));
  for (const batch of batch_stats) {
    writer.message(7, compute(new WireWriter().int64(1, batch.batch_size), 2, batch));
  }
  return writer;
}

function compute(writer: WireWriter, first: number, found: ComputeStatistics): WireWriter {
  return writer
    .message(first, duration(found.compute_input))
    .message(first + 1, duration(found.compute_infer))
    .message(first + 2, duration(found.compute_output));
}

/** StatisticDuration: count = 1, ns = 2. */
function duration({ count, ns }: StatisticDuration): WireWriter {
  return new WireWriter(24).int64(1, count).int64(2, ns);
}
