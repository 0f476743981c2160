import type { IncomingHttpHeaders } from 'node:http';
import { quote, Refusal } from '../calls/refusal.js';

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
  if (type === '' || type === 'application/octet-stream' || JSON_TYPE.test(type)) return;
  throw new Refusal(
    'UNSUPPORTED_TYPE',
    `Content-Type: expected application/json, or application/octet-stream for binary data, found ${quote(header)}`,
  );
}

/** Whether it is a gRPC call that came to the port of the REST form. */
export function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.toLowerCase().startsWith('application/grpc') === true;
}
