import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { type Installed, installPackage } from './installed.js';

let place: Installed;

beforeAll(async () => {
  // The TypeScript before the compiler was rewritten, too: many programs have it.
  place = await installPackage('publint@0.3', '@arethetypeswrong/cli@0.18', 'typescript@5.9');
});

afterAll(() => place.remove());

const compilers: Readonly<Record<string, () => string>> = {
  'this project': () => join(ROOT, 'node_modules/typescript/bin/tsc'),
  'TypeScript 5': () => join(place.folder, 'node_modules/typescript/bin/tsc'),
};

const program = `
import { bundledIrisPath, defaultParameters, InputError, type Model, readDataset, trainModel } from 'iris-grpc';
import { growTree, type Tree } from 'iris-grpc/tree';
REQUIRE
async function main(): Promise<Model> {
  const { model } = await trainModel(await readDataset(bundledIrisPath()), defaultParameters);
  const flower = { sepal_length: 5, sepal_width: 3.6, petal_length: 1.3, petal_width: 0.25 };
  const label: string = model.predict(flower).label;
  const tree: Tree = growTree([Float64Array.of(1, 2)], [0, 1]);
  console.log(label, tree.nodeCount, new InputError('none').name);
  return model;
}
void main();
`;
const required = "import iris = require('iris-grpc');\nexport const same: typeof iris.InputError = InputError;";

describe('a TypeScript program', () => {
  it.each(
    Object.keys(compilers).flatMap((compiler) =>
      ['node16', 'nodenext'].flatMap((module) => [
        { compiler, module, type: 'commonjs' },
        { compiler, module, type: 'module' },
      ]),
    ),
  )('in $type, with module $module of $compiler, compiles and runs', async ({ compiler, module, type }) => {
    const name = `${type}-${module}-${compiler.replace(' ', '-')}`;
    const folder = join(place.folder, name);
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
    await writeFile(join(folder, 'main.ts'), program.replace('REQUIRE', type === 'commonjs' ? required : ''));
    // The declarations of the package are checked too.
    const compilerOptions = { module, strict: true, target: 'es2022', types: ['node'], skipLibCheck: false };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    // On failure the message has only the command: what the compiler says is on its stdout.
    const found = await place.run('node', compilers[compiler]!(), '--project', name).catch(({ stdout }) => stdout);
    expect(found).toBe('');
    expect(await place.run('node', join(name, 'main.js'))).toBe('setosa 3 InputError\n');
  });
});

describe('the manifest', () => {
  it('names only files that are there and of the kind that it says', async () => {
    expect(await place.run('publint', place.tarball, '--strict')).toContain('All good!');
  });

  it('gives every way to import the types of what it loads', async () => {
    // Node 10, which knows no exports, is too old for the package.
    // A problem is an exit code other than 0.
    const found = await place.run('attw', place.tarball, '--profile', 'node16', '--no-color');
    expect(found).toContain('"iris-grpc/tree"');
  });

  it('is told when it is wrong', async () => {
    const broken = join(place.folder, 'broken');
    await cp(join(place.folder, 'node_modules/iris-grpc'), broken, { recursive: true });
    await writeFile(join(broken, 'dist/index.cjs'), "export * from './index.js';\n");
    await expect(place.run('publint', broken, '--strict', '--pack', 'false')).rejects.toThrow();
  });
});
