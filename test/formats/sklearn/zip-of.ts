import { crc32 } from 'node:zlib';

/** An archive of files, stored as they are; with `told`, its headers say something else of each. */
export function zipOf(
  files: Readonly<Record<string, Buffer>>,
  told: { readonly method?: number; readonly crc?: number; readonly size?: number } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let start = 0;
  for (const [name, content] of Object.entries(files)) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(told.method ?? 0, 4);
    fields.writeUInt32LE(told.crc ?? crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(told.size ?? content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), content]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(start, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), fields, rest, Buffer.from(name)]));
    parts.push(local);
    start += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(start, 16);
  return Buffer.concat([...parts, central, end]);
}
