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
  import { predict } from 'exported';
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

/**
 * A script that predicts twice, by the `js` export of the bundled model and by `iris-grpc/tree`, and calls `report` with the text
 * that is expected.
 */
export async function embeddedScript(): Promise<{ readonly script: string; readonly expected: string }> {
  const model = await readModel(join(ROOT, 'artifacts/iris.json'));
  const [{ content }] = exportModel(model, { format: 'js', fileName: 'iris.mjs' });
  const vectors = [...makeVectors(model)].flatMap(({ input, label, shares }) =>
    label < 0 ? [] : [{ input: [...input], label, shares: [...shares] }],
  );
  const { outputFiles } = await build({
    stdin: { contents: program(JSON.stringify(vectors)), resolveDir: ROOT },
    ...{ bundle: true, minify: true, write: false, logLevel: 'error', format: 'iife' },
    alias: { 'iris-grpc/tree': join(ROOT, 'dist/tree/index.js') },
    plugins: [
      {
        name: 'exported',
        setup(one) {
          one.onResolve({ filter: /^exported$/ }, () => ({ path: 'iris.mjs', namespace: 'exported' }));
          one.onLoad({ filter: /.*/, namespace: 'exported' }, () => ({ contents: content, loader: 'js' }));
        },
      },
    ],
  });
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
    script: outputFiles[0]!.text,
    expected: JSON.stringify({ rows: vectors.length, wrong: 0, leaves }),
  };
}
