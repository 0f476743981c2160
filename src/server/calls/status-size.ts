import { MAX_VIOLATIONS } from '../../ground/limits.js';
import { cut, printable } from '../../ground/quote.js';
import { encodeStatusDetails, type RpcStatus } from '../../protocol/error-details.js';

/**
 * Bytes on the wire that a status message and its details may take together. Many clients accept 8 KiB of headers and
 * trailers in all (Netty; gRPC's C core begins to refuse there), with ids and what proxies add. Above that a client reports
 * a status of its own, or drops the connection.
 */
export const MAX_STATUS_BYTES = 5 * 1024;

/** What a UTF-16 unit, 3 bytes of UTF-8 at most, can take: 9 bytes percent-encoded, 4 in base64. */
const MAX_UNIT_BYTES = 13;
/** More than tags, lengths and type names take. */
const FRAME_BYTES = 1024;

const LONGEST_TEXT = 512;

/**
 * The status in a form that is safe to show and that every client accepts. Names and values are cut where they are quoted
 * (`quote.ts`); this bounds their sum.
 */
export function fitStatus(status: RpcStatus): RpcStatus {
  let fitting = mapTexts(status, printable);
  for (let longest = LONGEST_TEXT; !fits(fitting); longest /= 2) fitting = shortened(fitting, longest);
  return fitting;
}

/** Bytes of `grpc-message` and `grpc-status-details-bin`. */
function encodedBytes(status: RpcStatus): number {
  return encodeURI(status.message).length + Math.ceil((encodeStatusDetails(status).byteLength * 4) / 3);
}

/** Nearly every status is short, which is known without encoding it. */
function fits(status: RpcStatus): boolean {
  let units = 0;
  mapTexts(status, (text) => {
    units += text.length;
    return text;
  });
  return units * MAX_UNIT_BYTES + FRAME_BYTES <= MAX_STATUS_BYTES || encodedBytes(status) <= MAX_STATUS_BYTES;
}

/** Violations come first: a program reads them. The message says the same to a person. */
function shortened(status: RpcStatus, longest: number): RpcStatus {
  const { details, message } = status;
  const violations = details.violations?.slice(0, MAX_VIOLATIONS);
  const few = { ...status, details: { ...details, ...(violations && { violations }) } };
  return { ...mapTexts(few, (text) => cut(text, longest)), message: cut(message, 2 * longest) };
}

function mapTexts(status: RpcStatus, map: (text: string) => string): RpcStatus {
  const { details, message } = status;
  const { info, violations } = details;
  const metadata = info?.metadata && Object.entries(info.metadata).map(([key, value]) => [key, map(value)]);
  return {
    ...status,
    message: map(message),
    details: {
      ...details,
      ...(violations && {
        violations: violations.map(({ description, field }) => ({ field: map(field), description: map(description) })),
      }),
      ...(info && metadata && { info: { ...info, metadata: Object.fromEntries(metadata) } }),
    },
  };
}
