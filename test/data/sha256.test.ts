import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { datasetSha256 } from '../../src/data/sha256.js';
import { readText } from './fixture.js';

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const hashOf = async (text: string, options = {}) => datasetSha256(await readText(text, options));

describe('the SHA-256 of a dataset', () => {
  it('is that of the bundled file, which is written as plain CSV', async () => {
    const file = sha256(readFileSync(bundledIrisPath()));
    expect(file).toBe('91eb642c3adbc7bad8e99c930c11fa3a5cc8a07262c7a753b4e6ecf405f2e05e');
    expect(datasetSha256(await readDataset(bundledIrisPath()))).toBe(file);
  });

  it('is over the parsed table: byte order mark, CRLF, quotes and the way numbers are written change nothing', async () => {
    const text = '\ufeff"x" ,"a ""b""",y\r\n1.50,"p,q", 1\r\n-0, \t ,2\r\n1e21,"l1\nl2",1\r\n,r,2 \r\n';
    const plain = 'x,"a ""b""",y\n1.5,"p,q",1\n0,,2\n1e+21,"l1\nl2",1\n,r,2\n';
    expect(await hashOf(text.replace('" ,', '",'))).toBe(sha256(plain));
  });

  it('covers the used features in their order, then the target, and nothing else', async () => {
    const text = 'id,y,b,a\n1,p,2,3\n2,q,4,5\n';
    const options = { target: 'y', features: ['a', 'b'] };
    expect(await hashOf(text, options)).toBe(sha256('a,b,y\n3,2,p\n5,4,q\n'));
  });

  it('changes with the order of the rows, with a value and with a name', async () => {
    const texts = ['x,y\n1,a\n2,b\n', 'x,y\n2,b\n1,a\n', 'x,y\n1,a\n3,b\n', 'z,y\n1,a\n2,b\n', 'x,y\n1,b\n2,a\n'];
    expect(new Set(await Promise.all(texts.map((text) => hashOf(text)))).size).toBe(texts.length);
  });

  it('is the same for a table read against a model that was trained on it, unless it has an unknown category', async () => {
    const text = 'colour,x,y\nred,1,b\nblue,2,a\n,3,b\n';
    const schema = await readText(text);
    expect(await hashOf(text, { schema })).toBe(sha256(text));
    const other = text.replace('blue', 'green');
    expect(await hashOf(other, { schema })).toBe(sha256(text.replace('blue', '?')));
  });

  it('does not depend on how the table is cut into pieces for the hash', async () => {
    const text = `x,y\n${Array.from({ length: 20_000 }, (_, i) => `${i},${'ab'[i % 2]}\n`).join('')}`;
    expect(await hashOf(text)).toBe(sha256(text));
  });
});
