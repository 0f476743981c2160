import type { FieldViolation } from '../ground/errors.js';
import { WireError, WireReader, WireWriter } from '../protobuf/wire.js';

/** The trailer that carries an encoded google.rpc.Status. */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

/** The domain of our ErrorInfo: it makes a reason unique. */
export const ERROR_DOMAIN = 'iris';

/** google.rpc.BadRequest, RetryInfo and ErrorInfo, each at most once. */
export interface ErrorDetails {
  readonly violations?: readonly FieldViolation[];
  /** How long to wait before another try. */
  readonly retryDelayMs?: number;
  readonly info?: ErrorInfo;
}

export interface ErrorInfo {
  /** UPPER_SNAKE_CASE. */
  readonly reason: string;
  /** Whose reason it is; left out for our own. */
  readonly domain?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** google.rpc.Status: code = 1, message = 2, details = 3 (google.protobuf.Any). */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  readonly details: ErrorDetails;
}

const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

export function encodeStatusDetails({ code, message, details }: RpcStatus): Buffer {
  const status = new WireWriter().int32(1, code).string(2, message);
  if (details.info) status.message(3, any('ErrorInfo', errorInfo(details.info)));
  if (details.violations?.length) status.message(3, any('BadRequest', badRequest(details.violations)));
  if (details.retryDelayMs !== undefined) status.message(3, any('RetryInfo', retryInfo(details.retryDelayMs)));
  return status.finish();
}

/** Details of other types are left out; undefined when the bytes are no google.rpc.Status. */
export function decodeStatusDetails(bytes: Uint8Array): RpcStatus | undefined {
  try {
    return readStatus(new WireReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function any(type: string, value: WireWriter): WireWriter {
  return new WireWriter().string(1, TYPE_PREFIX + type).message(2, value);
}

/** BadRequest: field_violations = 1 {field = 1, description = 2}. */
function badRequest(violations: readonly FieldViolation[]): WireWriter {
  const writer = new WireWriter();
  for (const { field, description } of violations) {
    writer.message(1, new WireWriter().string(1, field).string(2, description));
  }
  return writer;
}

/** RetryInfo: retry_delay = 1 (google.protobuf.Duration {seconds = 1, nanos = 2}). */
function retryInfo(delayMs: number): WireWriter {
  const seconds = Math.floor(delayMs / 1000);
  const nanos = Math.round((delayMs - seconds * 1000) * 1e6);
  const duration = new WireWriter();
  if (seconds > 0) duration.int64(1, seconds);
  if (nanos > 0) duration.int32(2, nanos);
  return new WireWriter().message(1, duration);
}

/** ErrorInfo: reason = 1, domain = 2, metadata = 3 (map). */
function errorInfo({ domain = ERROR_DOMAIN, metadata = {}, reason }: ErrorInfo): WireWriter {
  const writer = new WireWriter().string(1, reason).string(2, domain);
  for (const [key, value] of Object.entries(metadata)) {
    writer.message(3, new WireWriter().string(1, key).string(2, value));
  }
  return writer;
}

function readStatus(reader: WireReader): RpcStatus {
  let code = 0;
  let message = '';
  const details: { violations?: FieldViolation[]; retryDelayMs?: number; info?: ErrorInfo } = {};
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) code = reader.varint32();
    else if (tag === 0x12) message = reader.string();
    else if (tag === 0x1a) {
      const { type, value } = readAny(reader.message());
      if (type === 'BadRequest') details.violations = readBadRequest(value);
      else if (type === 'RetryInfo') details.retryDelayMs = readRetryInfo(value);
      else if (type === 'ErrorInfo') details.info = readErrorInfo(value);
    } else reader.skip(tag);
  }
  return { code, message, details };
}

/** `type` is empty for types that are not google.rpc's. */
function readAny(reader: WireReader): { type: string; value: WireReader } {
  let type = '';
  let value = new WireReader(Buffer.alloc(0));
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) {
      const url = reader.string();
      if (url.startsWith(TYPE_PREFIX)) type = url.slice(TYPE_PREFIX.length);
    } else if (tag === 0x12) value = reader.message();
    else reader.skip(tag);
  }
  return { type, value };
}

function readBadRequest(reader: WireReader): FieldViolation[] {
  const violations: FieldViolation[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const [field, description] = readStrings(reader.message());
    violations.push({ field, description });
  }
  return violations;
}

function readRetryInfo(reader: WireReader): number {
  let delayMs = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const duration = reader.message();
    for (let part = duration.tag(); part !== 0; part = duration.tag()) {
      if (part === 0x08) delayMs += duration.int64() * 1000;
      else if (part === 0x10) delayMs += duration.varint32() / 1e6;
      else duration.skip(part);
    }
  }
  return delayMs;
}

function readErrorInfo(reader: WireReader): ErrorInfo {
  let reason = '';
  let domain = '';
  // A key may be __proto__, which an assignment would lose.
  const metadata = new Map<string, string>();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) reason = reader.string();
    else if (tag === 0x12) domain = reader.string();
    else if (tag === 0x1a) {
      const [key, value] = readStrings(reader.message());
      metadata.set(key, value);
    } else reader.skip(tag);
  }
  return { reason, ...(domain === ERROR_DOMAIN ? {} : { domain }), metadata: Object.fromEntries(metadata) };
}

/** The strings of fields 1 and 2. */
function readStrings(reader: WireReader): [string, string] {
  const strings: [string, string] = ['', ''];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) strings[0] = reader.string();
    else if (tag === 0x12) strings[1] = reader.string();
    else reader.skip(tag);
  }
  return strings;
}
