import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { WireReader, WireWriter } from '../protobuf/wire.js';
import { HEALTH_SERVICE } from './services.js';

/** grpc.health.v1: three messages, written by hand so that neither side parses a .proto file for them. */

const servingStates = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type ServingStatus = (typeof servingStates)[number];

export function isServingStatus(value: unknown): value is ServingStatus {
  return servingStates.some((status) => status === value);
}

export interface HealthCheckRequest {
  readonly service: string;
}

export interface HealthCheckResponse {
  readonly status: ServingStatus;
}

export interface HealthListResponse {
  readonly statuses: Readonly<Record<string, HealthCheckResponse>>;
}

const check: MethodDefinition<HealthCheckRequest, HealthCheckResponse> = {
  path: `/${HEALTH_SERVICE}/Check`,
  requestStream: false,
  responseStream: false,
  requestSerialize: encodeRequest,
  requestDeserialize: decodeRequest,
  responseSerialize: (response) => encodeResponse(response).finish(),
  responseDeserialize: (bytes) => decodeResponse(new WireReader(bytes)),
};

const list: MethodDefinition<Record<string, never>, HealthListResponse> = {
  path: `/${HEALTH_SERVICE}/List`,
  requestStream: false,
  responseStream: false,
  requestSerialize: () => Buffer.alloc(0),
  requestDeserialize: () => ({}),
  responseSerialize: encodeList,
  responseDeserialize: decodeList,
};

/** For a client or a server of @grpc/grpc-js. */
export const healthService = {
  Check: check,
  Watch: { ...check, path: `/${HEALTH_SERVICE}/Watch`, responseStream: true },
  List: list,
} satisfies ServiceDefinition;

function encodeRequest({ service }: HealthCheckRequest): Buffer {
  return service === '' ? Buffer.alloc(0) : new WireWriter().string(1, service).finish();
}

function decodeRequest(bytes: Buffer): HealthCheckRequest {
  const reader = new WireReader(bytes);
  let service = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) service = reader.string();
    else reader.skip(tag);
  }
  return { service };
}

function encodeResponse({ status }: HealthCheckResponse): WireWriter {
  const writer = new WireWriter(8);
  return status === 'UNKNOWN' ? writer : writer.int32(1, servingStates.indexOf(status));
}

function decodeResponse(reader: WireReader): HealthCheckResponse {
  let status = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) status = reader.varint32();
    else reader.skip(tag);
  }
  return { status: servingStates[status] ?? 'UNKNOWN' };
}

/** HealthListResponse: statuses = 1 (map of string to HealthCheckResponse). */
function encodeList({ statuses }: HealthListResponse): Buffer {
  const writer = new WireWriter();
  for (const [service, status] of Object.entries(statuses)) {
    writer.message(1, new WireWriter().string(1, service).message(2, encodeResponse(status)));
  }
  return writer.finish();
}

function decodeList(bytes: Buffer): HealthListResponse {
  const reader = new WireReader(bytes);
  const statuses = new Map<string, HealthCheckResponse>();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const entry = reader.message();
    let service = '';
    let response: HealthCheckResponse = { status: 'UNKNOWN' };
    for (let part = entry.tag(); part !== 0; part = entry.tag()) {
      if (part === 0x0a) service = entry.string();
      else if (part === 0x12) response = decodeResponse(entry.message());
      else entry.skip(part);
    }
    statuses.set(service, response);
  }
  return { statuses: Object.fromEntries(statuses) };
}
