/**
 * Compiles AssemblyScript, a dialect of TypeScript, to WebAssembly. Run by `npm run wasm`, it writes the modules that hold the
 * results.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const OPTIONS = ['-O3', '--runtime', 'stub', '--enable', 'simd,nontrapping-f2i', '--noAssert'];
/** Threads share a memory that they are given. */
const SHARED = ['--importMemory', '--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads'];

/** Each source, the module that holds it, and how that calls it. */
export const ASSEMBLIES = [
  { source: 'data/assembly/hash-rows.ts', module: 'data/hash-rows-wasm.ts', name: 'HASH_ROWS' },
  {
    source: 'data/csv/assembly/scan-cells.ts',
    module: 'data/csv/scan-cells-wasm.ts',
    name: 'SCAN_CELLS',
    options: SHARED,
  },
  {
    source: 'tree/assembly/grow-nodes.ts',
    module: 'tree/grow/grow-nodes-wasm.ts',
    name: 'GROW_NODES',
    options: SHARED,
  },
  { source: 'tree/assembly/walk-rows.ts', module: 'tree/walk-rows-wasm.ts', name: 'WALK_ROWS' },
];

/** @returns the text of the module */
export async function compiled({ name, options = [], source }) {
  const text = readFileSync(new URL(source, import.meta.url), 'utf8');
  let wasm;
  const { error, stderr } = await asc.main(['source.ts', '--outFile', 'source.wasm', ...OPTIONS, ...options], {
    readFile: (path) => (path === 'source.ts' ? text : null),
    writeFile: (_path, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString(), { cause: error });
  const file = source.slice(source.indexOf('assembly/'));
  // In lines that no minifier joins: files of the package have none that are long.
  const lines = Buffer.from(wasm)
    .toString('base64')
    .replace(/.{1,120}/g, '$&\n');
  return `/** ${file} as WebAssembly, in base64; made by \`npm run wasm\`. */\nexport const ${name} = String.raw\`\n${lines}\`;\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const one of ASSEMBLIES) writeFileSync(new URL(one.module, import.meta.url), await compiled(one));
}
