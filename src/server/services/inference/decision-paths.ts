import type { Explainer } from '../../../model/decision-path.js';
import type { OutputTensor } from '../../../protocol/infer-response-codec.js';
import { type InferLimits, replyTooLarge } from '../../calls/reply-limit.js';
import { PART_QUESTIONS, QUESTION_STEPS, type Turns } from '../../calls/turns.js';
import type { InputRows } from './input-rows.js';

/**
 * One JSON array per row: the steps of `Explainer.pathOf`.
 *
 * @throws Refusal as soon as the texts are larger than a reply may be
 */
export async function describePaths(
  explainer: Explainer,
  rows: InputRows,
  limits: InferLimits,
  turns: Turns,
): Promise<OutputTensor> {
  const { rowCount } = rows;
  const values: Buffer[] = [];
  let room = limits.maxMessageBytes;
  for (let row = 0; row < rowCount; row++) {
    const text = await describePath(explainer, rows, row, room - 4, limits, turns);
    room -= text.byteLength + 4;
    values.push(text);
  }
  return { name: 'decision_path', shape: [rowCount], datatype: 'BYTES', values };
}

async function describePath(
  explainer: Explainer,
  rows: InputRows,
  row: number,
  room: number,
  limits: InferLimits,
  turns: Turns,
): Promise<Buffer> {
  const parts: string[] = [];
  let length = 2;
  for (let node = 0; node >= 0; ) {
    // A slice is valid until another call asks for one, in its own turn.
    const { next, steps } = explainer.partOfPath(rows.slice(row, row + 1), node, PART_QUESTIONS);
    const text = JSON.stringify(steps).slice(1, -1);
    parts.push(text);
    length += text.length;
    if (length > room) throw replyTooLarge(limits);
    if (turns.spend(steps.length * QUESTION_STEPS + text.length)) await turns.pause();
    node = next;
  }
  const bytes = Buffer.from(`[${parts.join(',')}]`);
  if (bytes.byteLength > room) throw replyTooLarge(limits);
  return bytes;
}
