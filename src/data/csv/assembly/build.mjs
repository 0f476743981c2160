/**
 * Compiles scan-cells.ts to WebAssembly. Run by `npm run wasm`, it writes the module that holds the result.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const OPTIONS = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert'];

/** @returns the text of scan-cells-wasm.ts */
export async function compiled() {
  const source = readFileSync(new URL('scan-cells.ts', import.meta.url), 'utf8');
  let wasm;
  const { error, stderr } = await asc.main(['scan-cells.ts', '--outFile', 'scan-cells.wasm', ...OPTIONS], {
    readFile: (name) => (name === 'scan-cells.ts' ? source : null),
    writeFile: (_name, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString(), { cause: error });
  const text = Buffer.from(wasm).toString('base64');
  return `/** assembly/scan-cells.ts as WebAssembly, in base64; made by \`npm run wasm\`. */\nexport const SCAN_CELLS =\n  '${text}';\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../scan-cells-wasm.ts', import.meta.url), await compiled());
}
