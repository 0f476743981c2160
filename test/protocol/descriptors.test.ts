import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { describe, expect, it } from 'vitest';
import { readDescriptorSet } from '../../src/protocol/descriptors.js';
import { protoFolder } from '../../src/protocol/services.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const committed = join(protoFolder(), 'descriptors.binpb');
const illegal = join(root, 'test/fixtures/reflection/grpc-reflection-1.0.4.binpb');
const includes = [
  ['grpc/health/v1', join(root, 'node_modules/grpc-health-check/proto/health/v1')],
  ['grpc/reflection', join(root, 'node_modules/@grpc/reflection/build/proto/grpc/reflection')],
] as const;
/** Comes with protoc, and with proto-loader. */
const duration = 'google/protobuf/duration.proto';
const files = [
  'iris.proto',
  'open_inference.proto',
  'error_details.proto',
  duration,
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
  'grpc/reflection/v1alpha/reflection.proto',
];
const hasProtoc = spawnSync('protoc', ['--version']).status === 0;

interface Field {
  name: string;
  number: number;
  label: string;
  type: string;
  typeName?: string;
}
interface MessageType {
  name: string;
  field?: Field[];
  nestedType?: MessageType[];
  enumType?: { name: string }[];
  options?: { mapEntry?: boolean };
}
interface File {
  name: string;
  package?: string;
  messageType?: MessageType[];
  enumType?: { name: string }[];
}

function decodeSet(bytes: Buffer): File[] {
  const { FileDescriptorSet } = descriptor;
  const set = FileDescriptorSet.decode(bytes);
  return (FileDescriptorSet.toObject(set, { enums: String }) as { file: File[] }).file;
}

/**
 * What protoc refuses of a message and grpcurl with it: a type that is not named in full or not there, and a map whose
 * entry is not called after its field, nested beside it, with a key and a value.
 */
function faults(set: readonly File[]): string[] {
  const found: string[] = [];
  const messages = new Map<string, MessageType>();
  const known = new Set<string>();
  const collect = (message: MessageType, scope: string): void => {
    const name = `${scope}.${message.name}`;
    messages.set(name, message);
    known.add(name);
    for (const nested of message.nestedType ?? []) collect(nested, name);
    for (const { name: enumName } of message.enumType ?? []) known.add(`${name}.${enumName}`);
  };
  for (const file of set) {
    const scope = file.package ? `.${file.package}` : '';
    for (const message of file.messageType ?? []) collect(message, scope);
    for (const { name } of file.enumType ?? []) known.add(`${scope}.${name}`);
  }
  for (const [name, message] of messages) {
    const entries = new Set<string>();
    for (const field of message.field ?? []) {
      const where = `${name}.${field.name}`;
      if (field.type !== 'TYPE_MESSAGE' && field.type !== 'TYPE_ENUM') continue;
      if (!field.typeName || !known.has(field.typeName)) found.push(`${where}: no type ${field.typeName}`);
      const entry = messages.get(field.typeName ?? '');
      if (!entry?.options?.mapEntry) continue;
      const camel = field.name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (field.typeName !== `${name}.${camel}Entry`) found.push(`${where}: a map of ${field.typeName}`);
      const parts = entry.field?.map((part) => `${part.name} ${part.number}`).join(', ');
      if (parts !== 'key 1, value 2') found.push(`${where}: a map entry of ${parts}`);
      if (field.label !== 'LABEL_REPEATED') found.push(`${where}: a map that is not repeated`);
      entries.add(`${camel}Entry`);
    }
    for (const nested of message.nestedType ?? []) {
      if (nested.options?.mapEntry && !entries.has(nested.name)) found.push(`${name}: ${nested.name} is of no field`);
    }
  }
  return found;
}

/** Methods with their types, and each message's fields; a map is told by its name and number. */
function outline(definition: PackageDefinition): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, entry] of Object.entries(definition)) {
    if ('format' in entry) {
      const type = entry.type as unknown as MessageType;
      // Descriptors made by proto-loader name the entries of maps in their own way.
      if (type.field && !name.endsWith('Entry')) {
        found.set(name, type.field.map(({ label, name, number, type }) => `${number} ${name} ${label} ${type}`).sort());
      }
      continue;
    }
    for (const method of Object.values(entry as Record<string, (typeof entry)[string]>)) {
      const { path, requestStream, requestType, responseStream, responseType } = method as unknown as Record<
        string,
        { type: MessageType }
      >;
      found.set(String(path), [requestStream, requestType.type.name, responseStream, responseType.type.name]);
    }
  }
  return found;
}

/** A folder where the .proto files of health and reflection have the paths of their packages. */
async function withIncludes<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'iris-proto-'));
  try {
    for (const [path, source] of includes) await cp(source, join(folder, path), { recursive: true });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the descriptors that reflection serves', () => {
  it('are legal: maps have entries of their own, and every type is named in full', async () => {
    expect(faults(decodeSet(await readFile(committed)))).toEqual([]);
  });

  it('would not be legal if they were made by @grpc/reflection 1.0.4', async () => {
    const found = faults(decodeSet(await readFile(illegal)));
    expect(found).toContain('.inference.ModelInferRequest.parameters: no type Parameters');
    expect(found).toContain('.inference.ModelInferRequest: Parameters is of no field');
  });

  it('say what the .proto files say', async () => {
    await withIncludes(async (folder) => {
      const own = files.filter((file) => file !== duration);
      const source = outline(loadSync(own, { includeDirs: [protoFolder(), folder], keepCase: true }));
      const served = outline(loadFileDescriptorSetFromBuffer(await readFile(committed), { keepCase: true }));
      expect([...served.keys()].sort()).toEqual([...source.keys()].sort());
      for (const [name, fields] of source) expect([name, served.get(name)]).toEqual([name, fields]);
    });
  });

  it.skipIf(!hasProtoc)('are those that protoc makes of the .proto files', async () => {
    await withIncludes(async (folder) => {
      // Google's file differs from one protoc to the next: here its name and its message are enough.
      await mkdir(join(folder, 'google/protobuf'), { recursive: true });
      await writeFile(join(folder, duration), 'syntax = "proto3"; package google.protobuf; message Duration {}');
      const out = join(folder, 'set.binpb');
      execFileSync('protoc', ['-I', protoFolder(), '-I', folder, `--descriptor_set_out=${out}`, ...files]);
      const [made, served] = await Promise.all(
        [out, committed].map(async (path) => readDescriptorSet(await readFile(path))),
      );
      expect(served!.map(({ name }) => name)).toEqual(made!.map(({ name }) => name));
      const ours = (set: typeof made) => set!.filter(({ name }) => name !== duration).map(({ bytes }) => bytes);
      expect(ours(served)).toEqual(ours(made));
    });
  });

  it.skipIf(!hasProtoc)('are taken by protoc, which refuses those of @grpc/reflection 1.0.4', () => {
    const check = (set: string, names: readonly string[]) =>
      spawnSync('protoc', [`--descriptor_set_in=${set}`, '--descriptor_set_out=/dev/null', ...names], {
        encoding: 'utf8',
      });
    expect(check(committed, files)).toMatchObject({ status: 0, stderr: '' });
    expect(check(illegal, ['inference.proto'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('map_entry should not be set explicitly'),
    });
  });
});
