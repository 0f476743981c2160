import type { IncomingHttpHeaders } from 'node:http';
import { quote, Refusal } from '../calls/refusal.js';

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)$/;

/**
 * Takes JSON, the binary form, and bodies that do not say what they are: Triton's Python client sends no type, its
 * asynchronous one `application/octet-stream` for JSON too. All else a page of another origin could send unasked.
 *
 * @throws Refusal for what is of another form or encoded: what decodes has to bound what comes out
 */
export function requireBodyForm(headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding'] ?? '';
  if (!encoding.split(',').every((coding) => /^(?:identity)?$/i.test(coding.trim()))) {
    throw new Refusal(
      'UNKNOWN_COMPRESSION',
      `Content-Encoding: expected a body that is not compressed, found ${quote(encoding)}`,
    );
  }
  const header = headers['content-type'] ?? '';
  const type = header.split(';', 1)[0]!.trim().toLowerCase();
  if (type === '' || type === 'application/octet-stream' || JSON_TYPE.test(type)) return;
  throw new Refusal(
    'UNSUPPORTED_TYPE',
    `Content-Type: expected application/json, or application/octet-stream for binary data, found ${quote(header)}`,
  );
}

/** gRPC calls that came to the port of the REST form. */
export function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.toLowerCase().startsWith('application/grpc') === true;
}
