import type { Http2Session } from 'node:http2';
import { Writable } from 'node:stream';

/** The type of the frame: https://www.rfc-editor.org/rfc/rfc9113#section-6.8 */
const GOAWAY = 7;
const HEAD_BYTES = 9;
/** What a server names as the last call that it answers while it does not know which that will be. */
const EVERY_STREAM = 2 ** 31 - 1;

const write: (bytes: Buffer) => boolean = Writable.prototype.write;

/**
 * Tells a client to begin no more calls on this connection, and goes on answering those that are on their way. Node's own
 * `goaway` cannot: from then on its library ignores what begins, so that such a call waits for an answer for ever. The
 * frame is written beside it. Node writes whole frames, so it comes between two of them.
 * Why: docs/decisions/going-away-in-two-steps.md
 *
 * @param reason for whoever looks at the frame
 */
export function noticeShutdown(session: Http2Session, reason: string): void {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(HEAD_BYTES + 8 + text.byteLength);
  frame.writeUIntBE(8 + text.byteLength, 0, 3);
  frame[3] = GOAWAY;
  frame.writeUInt32BE(EVERY_STREAM, HEAD_BYTES); // the code of no error follows
  text.copy(frame, HEAD_BYTES + 8);
  // The socket of a session has no `write` of its own.
  write.call(session.socket, frame);
}
