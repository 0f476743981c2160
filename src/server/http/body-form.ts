import type { IncomingHttpHeaders } from 'node:http';
import { quote, Refusal } from '../calls/refusal.js';

/** The binary data extension: the length of the JSON that comes before the binary data. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';
/** The whole body is the contents of one input. */
export const NO_JSON = '0';

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)$/;

/**
 * Accepts JSON, the binary form, and bodies without a type: Triton's Python client sends none, its asynchronous client
 * `application/octet-stream` for JSON too. Any other type could come from a page of another origin.
 * Why: docs/decisions/bodies-without-a-type.md
 *
 * @throws Refusal for another type
 */
export function requireBodyForm(headers: IncomingHttpHeaders): void {
  const header = headers['content-type'] ?? '';
  const type = header.split(';', 1)[0]!.trim().toLowerCase();
  if (type === '' || type === 'application/octet-stream') return;
  if (JSON_TYPE.test(type)) {
    // Most bytes are numbers to a model: a body that is JSON by one header and none by the other is a mistake.
    if (headers[JSON_LENGTH_HEADER] !== NO_JSON) return;
    const reason = 'as Inference-Header-Content-Length says that there is no JSON';
    throw new Refusal(
      'UNSUPPORTED_TYPE',
      `Content-Type: expected application/octet-stream, ${reason}, found ${quote(header)}`,
    );
  }
  throw new Refusal(
    'UNSUPPORTED_TYPE',
    `Content-Type: expected application/json, or application/octet-stream for binary data, found ${quote(header)}`,
  );
}

/** Whether it is a gRPC call that came to the port of the REST form. */
export function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.toLowerCase().startsWith('application/grpc') === true;
}
