import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT, serve } from '../e2e/cli.js';
import { output } from './tools.js';

interface Block {
  readonly language: string;
  readonly text: string;
}

/** Where the text says that a program is kept. */
const programs: Readonly<Record<string, string>> = { go: 'main.go', python: 'client.py' };

/** The fenced blocks of a section of docs/protocol.md, in order. */
async function exampleBlocks(heading: string): Promise<Block[]> {
  const page = await readFile(`${ROOT}docs/protocol.md`, 'utf8');
  const [, ...rest] = page.split(`\n### ${heading}\n`);
  if (rest.length !== 1) throw new Error(`docs/protocol.md: expected one section "${heading}", found ${rest.length}`);
  const section = rest[0]!.split(/\n#{1,3} /)[0]!;
  const blocks = section.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return Array.from(blocks, ([, language, text]) => ({ language: language!, text: text! }));
}

/**
 * Does what a section tells a reader to do, beside a server of the model that comes with the package: keeps programs,
 * runs commands. A block of `text` or `json` says what the commands above it print.
 *
 * @param files copied into the folder first; with a go.mod among them the section's own module is not begun
 */
export async function runExamples(
  heading: string,
  files: readonly string[] = [],
): Promise<{ expected: string[]; printed: string[] }> {
  const blocks = await exampleBlocks(heading);
  const expected: string[] = [];
  const printed: string[] = [];
  let last = '';
  const folder = await mkdtemp(join(tmpdir(), 'iris-example-'));
  const server = await serve();
  try {
    await symlink(`${ROOT}proto`, join(folder, 'proto'));
    for (const file of files) await cp(file, join(folder, basename(file)));
    for (const block of blocks) {
      const text = block.text.replaceAll('localhost:50052', `localhost:${server.port}`);
      const program = programs[block.language];
      if (program) await writeFile(join(folder, program), text);
      else if (block.language !== 'sh') {
        expected.push(withoutVersion(text));
        printed.push(withoutVersion(last));
      } else if (files.length === 0 || !text.startsWith('go mod init')) {
        last = await output('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder });
      }
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
  if (expected.length === 0) throw new Error(`docs/protocol.md: the section "${heading}" shows no output`);
  return { expected, printed };
}

/** A model's version is another one after each change of its file. */
function withoutVersion(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{12}\b/g, '<version>');
}
