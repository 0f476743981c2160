import type { Server } from '@grpc/grpc-js';

/** Not in the library's types: what it makes its HTTP/2 servers with. */
interface WithServerOptions {
  readonly commonServerOptions: { maxHeaderListPairs?: number };
}

/**
 * More than a header block of 64 KiB, Node's limit, can have: RFC 9113 counts 32 bytes for each pair beside its text.
 * https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2
 */
const MORE_PAIRS_THAN_FIT = 2048;

/**
 * Takes calls with as many metadata pairs as their bytes allow. Node resets a stream with more than 128 before anybody
 * sees it: no status, no line in the log.
 *
 * @param server one that does not listen yet
 */
export function acceptManyHeaders(server: Server): void {
  (server as unknown as WithServerOptions).commonServerOptions.maxHeaderListPairs = MORE_PAIRS_THAN_FIT;
}
