import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { exportModel } from '../../src/exports/export-model.js';
import { makeVectors } from '../../src/exports/vectors.js';
import { readModel } from '../../src/formats/store.js';
import { growTree, predictLeaf } from '../../src/tree/index.js';
import { ROOT } from '../e2e/cli.js';

const COLUMNS = [
  [1, 2, 3, 4, 5, 6],
  [9, 1, 8, 2, 7, 3],
];
const LABELS = [0, 0, 1, 1, 2, 2];

const program = (vectors: string) => `
  import { predict } from './iris.js';
  import { growTree, predictLeaf } from 'iris-grpc/tree';
  const vectors = ${vectors};
  const wrong = vectors.filter(({ input, label, shares }) => {
    const { classIndex, probabilities } = predict(input);
    return classIndex !== label || probabilities.some((share, k) => share !== shares[k]);
  });
  const columns = ${JSON.stringify(COLUMNS)}.map((column) => Float64Array.from(column));
  const tree = growTree(columns, ${JSON.stringify(LABELS)});
  const leaves = columns[0].map((_, row) => predictLeaf(tree, columns.map((column) => column[row])));
  report(JSON.stringify({ rows: vectors.length, wrong: wrong.length, leaves: [...leaves] }));
`;

/** The bundled model as `js`. */
export async function exportedModule(): Promise<string> {
  const model = await readModel(join(ROOT, 'artifacts/iris.json'));
  const [{ content }] = exportModel(model, { format: 'js', fileName: 'iris.js' });
  return content as string;
}

/** A block of code of docs/embedding.md. @param heading that it stands below */
export function documented(heading: string): string {
  const text = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');
  const [, code] = /```(?:html|js)\n(.*?)```/s.exec(text.slice(text.indexOf(`## ${heading}\n`)))!;
  return code!;
}

/** A module as one script; './iris.js' is the exported model. */
export async function bundled(contents: string): Promise<string> {
  const exported = await exportedModule();
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    ...{ bundle: true, minify: true, write: false, logLevel: 'error', format: 'iife' },
    alias: { 'iris-grpc/tree': join(ROOT, 'dist/tree/index.js') },
    plugins: [
      {
        name: 'exported',
        setup(one) {
          one.onResolve({ filter: /^\.\/iris\.js$/ }, () => ({ path: 'iris.js', namespace: 'exported' }));
          one.onLoad({ filter: /.*/, namespace: 'exported' }, () => ({ contents: exported, loader: 'js' }));
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}

/**
 * A script that predicts twice, by the `js` export of the bundled model and by `iris-grpc/tree`, and calls `report` with the text
 * that is expected.
 */
export async function embeddedScript(): Promise<{ readonly script: string; readonly expected: string }> {
  const model = await readModel(join(ROOT, 'artifacts/iris.json'));
  const vectors = [...makeVectors(model)].flatMap(({ input, label, shares }) =>
    label < 0 ? [] : [{ input: [...input], label, shares: [...shares] }],
  );
  const tree = growTree(
    COLUMNS.map((column) => Float64Array.from(column)),
    LABELS,
  );
  const leaves = LABELS.map((_, row) =>
    predictLeaf(
      tree,
      Float64Array.from(COLUMNS, (column) => column[row]),
    ),
  );
  return {
    script: await bundled(program(JSON.stringify(vectors))),
    expected: JSON.stringify({ rows: vectors.length, wrong: 0, leaves }),
  };
}
