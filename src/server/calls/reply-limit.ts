import { Refusal } from './refusal.js';

export interface InferLimits {
  readonly maxBatchRows: number;
  /** Larger replies are refused: a few rows can ask for a lot. */
  readonly maxMessageBytes: number;
}

export function replyTooLarge({ maxMessageBytes }: Pick<InferLimits, 'maxMessageBytes'>): Refusal {
  const limit = `${maxMessageBytes} bytes, this server's maxMessageBytes`;
  return new Refusal('REPLY_TOO_LARGE', `the reply would be larger than ${limit}: ask for fewer rows or outputs`);
}
