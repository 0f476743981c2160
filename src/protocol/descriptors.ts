import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WireReader } from '../protobuf/wire.js';
import { protoFolder } from './services.js';

/**
 * The descriptors of every service that the server has, and of its error details, as protoc made them from the .proto
 * files (see docs/protocol.md). Descriptors made from proto-loader's types are invalid for messages with a map.
 */

export interface FileDescriptor {
  readonly name: string;
  readonly dependencies: readonly string[];
  /** Qualified names of its services. */
  readonly services: readonly string[];
  /** Qualified names of its messages, enums, services and methods. */
  readonly symbols: readonly string[];
  /** An encoded google.protobuf.FileDescriptorProto. */
  readonly bytes: Buffer;
}

export function loadDescriptors(): FileDescriptor[] {
  return readDescriptorSet(readFileSync(join(protoFolder(), 'descriptors.binpb')));
}

/** @param set an encoded google.protobuf.FileDescriptorSet: file = 1 */
export function readDescriptorSet(set: Buffer): FileDescriptor[] {
  const files: FileDescriptor[] = [];
  const reader = new WireReader(set);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) files.push(readDescriptor(reader.bytes()));
    else reader.skip(tag);
  }
  return files;
}

/** @param bytes an encoded google.protobuf.FileDescriptorProto: name = 1, package = 2, dependency = 3, message_type = 4, enum_type = 5, service = 6. */
export function readDescriptor(bytes: Buffer): FileDescriptor {
  const dependencies: string[] = [];
  const services: string[] = [];
  const symbols: string[] = [];
  let name = '';
  let scope = '';
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) name = reader.string();
    else if (tag === 0x12) scope = `${reader.string()}.`;
    else if (tag === 0x1a) dependencies.push(reader.string());
    // The package comes before what is in it: writers keep the order of the numbers.
    else if (tag === 0x22) readMessage(reader.message(), scope, symbols);
    else if (tag === 0x2a) symbols.push(scope + readName(reader.message()));
    else if (tag === 0x32) services.push(readService(reader.message(), scope, symbols));
    else reader.skip(tag);
  }
  return { name, dependencies, services, symbols, bytes };
}

/** DescriptorProto: name = 1, nested_type = 3, enum_type = 4. */
function readMessage(reader: WireReader, scope: string, symbols: string[]): void {
  let name = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) {
      name = scope + reader.string();
      symbols.push(name);
    } else if (tag === 0x1a) readMessage(reader.message(), `${name}.`, symbols);
    else if (tag === 0x22) symbols.push(`${name}.${readName(reader.message())}`);
    else reader.skip(tag);
  }
}

/** ServiceDescriptorProto: name = 1, method = 2. */
function readService(reader: WireReader, scope: string, symbols: string[]): string {
  let name = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) {
      name = scope + reader.string();
      symbols.push(name);
    } else if (tag === 0x12) symbols.push(`${name}.${readName(reader.message())}`);
    else reader.skip(tag);
  }
  return name;
}

/** The name of an enum or a method: field 1. */
function readName(reader: WireReader): string {
  let name = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) name = reader.string();
    else reader.skip(tag);
  }
  return name;
}
