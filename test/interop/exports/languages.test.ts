import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ExportFormat, exportModel } from '../../../src/exports/export-model.js';
import { C_HEADERS, GO_SYSTEMS, JAVA_CLASSES, PYTHON_MODULES } from '../../../src/exports/reserved-names.js';
import { ROOT } from '../../e2e/cli.js';
import { encodeCases, encodingModel } from '../../exports/encode-cases.js';
import { clang, describeWith, gcc, go, javac, output, run, systemPython, type Tool } from '../tools.js';
import { exportedEnsembles, exportedModels, type NamedModel } from './models.js';

/** Each language compiles, with warnings as errors, and runs what `--with-test` writes: on every model, every vector. */

/** The standard library is enough. */
const python: Tool = { name: 'Python', command: systemPython.command, check: ['--version'] };

let models: readonly NamedModel[];
let folder: string;
beforeAll(async () => {
  models = [...(await exportedModels(15)), ...(await exportedEnsembles(12))];
  folder = await mkdtemp(join(tmpdir(), 'iris-exports-'));
});
afterAll(() => rm(folder, { recursive: true }));

const written = new Map<ExportFormat, Promise<string>>();

/** A folder per model, with its export, a test and the vectors; once per format. */
function write(format: ExportFormat, fileNameOf: (name: string) => string, packages = false): Promise<string> {
  const known = written.get(format) ?? writeAll(format, fileNameOf, packages);
  written.set(format, known);
  return known;
}

async function writeAll(
  format: ExportFormat,
  fileNameOf: (name: string) => string,
  packages: boolean,
): Promise<string> {
  for (const { model, name } of models) {
    const options = { format, fileName: fileNameOf(name), withTest: true, ...(packages && { package: name }) };
    await mkdir(join(folder, format, name), { recursive: true });
    for (const file of exportModel(model, options))
      await writeFile(join(folder, format, name, file.name), file.content);
  }
  return join(folder, format);
}

/** Features and texts of the toy model, and what `category` makes of them. */
const TEXTS = [
  [0, ''],
  [0, 'a'],
  [2, ''],
  [2, 'blue'],
  [2, 'red'],
  [2, 'unknown'],
] as const;
const VALUES = 'NaN -1 NaN 0 2 -1 ';
const calls = (name: string) => TEXTS.map(([feature, text]) => `${name}(${feature}, ${JSON.stringify(text)})`);

const STRICT = [
  ...['-std=c99', '-O2', '-Wall', '-Wextra', '-Werror', '-pedantic'],
  ...['-Wconversion', '-Wsign-conversion', '-Wshadow', '-Wcast-qual', '-Wmissing-prototypes'],
];

describeWith([gcc, clang], 'C', () => {
  it.each<[string, Tool]>([
    ['gcc', gcc],
    ['clang', clang],
  ])('answers as the model does, compiled by %s', async (_, { command }) => {
    const root = await write('c', (name) => `${name}.c`);
    for (const { name } of models) {
      const cwd = join(root, name);
      await output(command, [...STRICT, `${name}.c`, `${name}_test.c`, '-o', 'test'], { cwd });
      expect(await output('./test', [], { cwd }), name).toMatch(/^[1-9]\d* rows, 0 wrong\n$/);
    }
  });

  it('is not compiled where arithmetic is not that of IEEE 754', async () => {
    const cwd = join(await write('c', (name) => `${name}.c`), 'toy');
    for (const flag of ['-ffast-math', '-ffinite-math-only', '-Ofast']) {
      const { code, stderr } = await run('gcc', [flag, '-c', 'toy.c'], { cwd });
      expect({ code, stderr }, flag).toEqual({
        code: 1,
        stderr: expect.stringContaining('compile this file without it'),
      });
    }
  });

  it.each([
    '-Ofast -fno-finite-math-only',
    '-O2 -funsafe-math-optimizations',
    '-O2 -freciprocal-math',
    '-O2 -fassociative-math -fno-signed-zeros -fno-trapping-math',
    '-O2 -fsingle-precision-constant',
  ])('answers the same with %s, or is not compiled', async (flags) => {
    const root = await write('c', (name) => `${name}.c`);
    const refused = { code: 1, stderr: expect.stringContaining('compile this file without them') };
    for (const name of ['bundled', 'forest_of_iris', 'lightgbm_4_7_0_ten', 'sklearn_1_9_1_hist']) {
      const cwd = join(root, name);
      const { code, stderr } = await run('gcc', [...flags.split(' '), '-c', `${name}.c`], { cwd });
      expect({ code, stderr }, name).toEqual(refused);
      // Linked without the flags: with them, the program takes the smallest numbers for 0.
      await output('clang', [...flags.split(' '), '-c', `${name}.c`], { cwd });
      await output('clang', [`${name}.o`, `${name}_test.c`, '-o', 'flagged'], { cwd });
      expect(await output('./flagged', [], { cwd }), name).toMatch(/^[1-9]\d* rows, 0 wrong\n$/);
    }
  });

  it('answers the same where a compiler may fuse products with sums', async () => {
    const root = await write('c', (name) => `${name}.c`);
    for (const name of ['xgboost_3_2_0_softmax', 'lightgbm_4_7_0_ten', 'sklearn_1_9_1_hist', 'onnx_double_softmax']) {
      const cwd = join(root, name);
      const flags = ['-O3', '-march=native', '-ffp-contract=fast'];
      await output('gcc', [...flags, `${name}.c`, `${name}_test.c`, '-o', 'fused'], { cwd });
      expect(await output('./fused', [], { cwd }), name).toMatch(/^[1-9]\d* rows, 0 wrong\n$/);
    }
  });

  it.runIf(process.arch === 'x64')('is not compiled where doubles are computed in more bits', async () => {
    const root = await write('c', (name) => `${name}.c`);
    for (const name of ['toy', 'xgboost_3_2_0_softmax']) {
      const { code, stderr } = await run('gcc', ['-std=c99', '-mfpmath=387', '-c', `${name}.c`], {
        cwd: join(root, name),
      });
      const refused = { code: 1, stderr: expect.stringContaining('compile this file for 32-bit') };
      expect({ code, stderr }, name).toEqual(refused);
    }
  });

  it('includes no header that a file could have the name of', async () => {
    const root = await write('c', (name) => `${name}.c`);
    for (const name of ['toy', 'xgboost_3_2_0_softmax']) {
      const cwd = join(root, name);
      const { stderr } = await run('gcc', ['-H', '-fsyntax-only', `${name}.c`, `${name}_test.c`], { cwd });
      const headers = stderr.match(
        /(?<=\/(?:include|include-fixed|x86_64-linux-gnu|aarch64-linux-gnu)\/)[\w-]+(?=\.h$)/gm,
      )!;
      expect(headers).toContain('stdint');
      expect(headers.filter((header) => !C_HEADERS.has(header))).toEqual([]);
    }
  });

  it.each(['find.c', 'two words.c', "it's.c", 'ключ.c', '2024.c'])('can be called %s', async (fileName) => {
    const cwd = await mkdtemp(join(folder, 'named-'));
    const { model } = models.find(({ name }) => name === 'large')!;
    const files = exportModel(model, { format: 'c', fileName, withTest: true });
    for (const file of files) await writeFile(join(cwd, file.name), file.content);
    await output('gcc', [...STRICT, '-I.', `./${fileName}`, `./${fileName.replace('.c', '_test.c')}`, '-o', 'test'], {
      cwd,
    });
    expect(await output('./test', [], { cwd })).toMatch(/^[1-9]\d* rows, 0 wrong\n$/);
  });

  it('takes the empty text for a missing value, as JavaScript does', async () => {
    const cwd = join(await write('c', (name) => `${name}.c`), 'toy');
    const values = [...calls('toy_category'), 'toy_category(2, NULL)', 'toy_category(3, "a")'];
    const program = `#include "toy.h"
#include <math.h>
#include <stdio.h>
int main(void) {
  const double values[] = {${values}};
  for (int i = 0; i < ${values.length}; i++) isnan(values[i]) ? printf("NaN ") : printf("%.0f ", values[i]);
  return 0;
}
`;
    await writeFile(join(cwd, 'texts.c'), program);
    await output('gcc', [...STRICT, 'toy.c', 'texts.c', '-o', 'texts'], { cwd });
    expect(await output('./texts', [], { cwd })).toBe(`${VALUES}NaN -1 `);
  });

  it('has the names of the model, whatever is in them', async () => {
    const cwd = join(await write('c', (name) => `${name}.c`), 'hostile');
    const { features, classes } = models.find(({ name }) => name === 'hostile')!.model;
    const program = `#include "hostile.h"
#include <stdio.h>
int main(void) {
  for (int f = 0; f < HOSTILE_FEATURE_COUNT; f++) { fputs(hostile_feature_names[f], stdout); putchar(0); }
  for (int k = 0; k < HOSTILE_CLASS_COUNT; k++) { fputs(hostile_class_names[k], stdout); putchar(0); }
  return 0;
}
`;
    await writeFile(join(cwd, 'names.c'), program);
    await output('gcc', [...STRICT, 'hostile.c', 'names.c', '-o', 'names'], { cwd });
    expect(await output('./names', [], { cwd })).toBe([...features.map(({ name }) => name), ...classes, ''].join('\0'));
  });
});

describeWith([go], 'Go', () => {
  it('knows the systems for which a file may be', async () => {
    const systems = (await output('go', ['tool', 'dist', 'list'])).trim().split(/[\n/]/);
    expect(systems).toContain('linux');
    expect(systems.filter((system) => !GO_SYSTEMS.has(system))).toEqual([]);
  });

  it.each(['My Model.go', 'm-test.go', 'linux.go', 'm_unix.go', 'documentation.go', 'main.go', '2024.go'])(
    'can be called %s',
    async (fileName) => {
      const cwd = await mkdtemp(join(folder, 'named-'));
      const { model } = models.find(({ name }) => name === 'toy')!;
      const files = exportModel(model, { format: 'go', fileName, withTest: true });
      for (const file of files) await writeFile(join(cwd, file.name), file.content);
      await writeFile(join(cwd, 'go.mod'), 'module example.com/named\n\ngo 1.21\n');
      await output('go', ['build', './...'], { cwd });
      expect(await output('go', ['test', '-run', 'Vectors', '-v', './...'], { cwd })).toContain(
        '--- PASS: TestVectors',
      );
    },
  );

  it('answers as the model does, vetted and formatted', async () => {
    const cwd = await write('go', (name) => `${name}.go`);
    await writeFile(join(cwd, 'go.mod'), 'module example.com/exports\n\ngo 1.21\n');
    expect(await output('gofmt', ['-l', '.'], { cwd })).toBe('');
    await output('go', ['vet', './...'], { cwd });
    const tested = (await output('go', ['test', './...'], { cwd })).trim().split('\n');
    expect(tested.filter((line) => !line.startsWith('ok'))).toEqual([]);
    expect(tested).toHaveLength(models.length);
  });

  it('takes the empty text for a missing value, as JavaScript does', async () => {
    const cwd = await mkdtemp(join(folder, 'used-'));
    const { model } = models.find(({ name }) => name === 'toy')!;
    const [{ content }] = exportModel(model, { format: 'go', fileName: 'toy.go', package: 'main' });
    await writeFile(join(cwd, 'toy.go'), content);
    await writeFile(join(cwd, 'go.mod'), 'module example.com/used\n\ngo 1.21\n');
    const program = `package main

import "fmt"

func main() {
	for _, value := range []float64{${calls('Category').join(', ')}} {
		fmt.Print(value, " ")
	}
}
`;
    await writeFile(join(cwd, 'main.go'), program);
    expect(await output('go', ['run', '.'], { cwd })).toBe(VALUES);
  });

  it('fills as much of a slice as there are answers, and panics where it is shorter', async () => {
    const cwd = await mkdtemp(join(folder, 'slices-'));
    for (const [name, of] of Object.entries({ tree: 'bundled', boosted: 'xgboost_3_2_0_softmax' })) {
      const { model } = models.find((one) => one.name === of)!;
      await mkdir(join(cwd, name));
      const [{ content }] = exportModel(model, { format: 'go', fileName: `${name}.go` });
      await writeFile(join(cwd, name, `${name}.go`), content);
    }
    await writeFile(join(cwd, 'go.mod'), 'module example.com/slices\n\ngo 1.21\n');
    const program = `package main

import (
	"fmt"
	"math"

	"example.com/slices/boosted"
	"example.com/slices/tree"
)

// How many of the numbers of a slice are written, or that it panics.
func written(fill func(row, slice []float64), value float64, slice []float64) (found string) {
	defer func() {
		if err := recover(); err != nil {
			found = fmt.Sprint(err)
		}
	}()
	row := make([]float64, 100)
	for f := range row {
		row[f] = value
	}
	all := slice[:cap(slice)]
	for k := range all {
		all[k] = 7
	}
	fill(row, slice)
	count := 0
	for _, number := range all {
		if number != 7 {
			count++
		}
	}
	return fmt.Sprint(count)
}

func main() {
	for _, fill := range []func(row, slice []float64){
		func(row, slice []float64) { tree.Predict(row, slice) },
		func(row, slice []float64) { boosted.Predict(row, slice) },
		func(row, slice []float64) { boosted.Margins(row, slice) },
	} {
		for _, value := range []float64{1, math.Inf(1)} {
			fmt.Println(written(fill, value, make([]float64, 5)))
			fmt.Println(written(fill, value, make([]float64, 2, 5)))
		}
	}
	fmt.Println(tree.Predict(make([]float64, 100), nil), boosted.Predict(make([]float64, 100), nil))
}
`;
    await writeFile(join(cwd, 'main.go'), program);
    const lines = (await output('go', ['run', '.'], { cwd })).trim().split('\n');
    const panic = 'runtime error: index out of range [2] with length 2';
    expect(lines.slice(0, -1)).toEqual(Array.from({ length: 6 }, () => ['3', panic]).flat());
    expect(lines.at(-1)).toMatch(/^\d \d$/);
  });
});

describeWith([javac], 'Java', () => {
  it('has no class of the name of one of java.lang', async () => {
    const program = `import java.nio.file.*;
public class Lang {
  public static void main(String[] arguments) throws Exception {
    Path root = FileSystems.getFileSystem(java.net.URI.create("jrt:/")).getPath("modules/java.base/java/lang");
    for (Path path : (Iterable<Path>) Files.list(root)::iterator) {
      String name = path.getFileName().toString();
      if (!name.endsWith(".class") || name.contains("$") || name.contains("-")) continue;
      Class<?> type = Class.forName("java.lang." + name.replace(".class", ""), false, null);
      if (java.lang.reflect.Modifier.isPublic(type.getModifiers())) System.out.println(type.getSimpleName());
    }
  }
}`;
    await writeFile(join(folder, 'Lang.java'), program);
    const names = (await output('java', [join(folder, 'Lang.java')])).trim().split('\n');
    expect(names).toContain('String');
    expect(names.filter((name) => !JAVA_CLASSES.has(name))).toEqual([]);
  });

  it('answers as the model does', async () => {
    const cwd = await write('java', () => 'Model.java', true);
    const sources = models.flatMap(({ name }) => [`${name}/Model.java`, `${name}/ModelTest.java`]);
    await output('javac', ['-Xlint:all', '-Werror', '-d', 'classes', ...sources], { cwd });
    for (const { name } of models) {
      const args = ['-cp', 'classes', `${name}.ModelTest`, `${name}/Model.vectors.tsv`];
      expect(await output('java', args, { cwd }), name).toMatch(/^[1-9]\d* rows, 0 wrong\n$/);
    }
  });

  it('takes the empty text for a missing value, as JavaScript does', async () => {
    const cwd = await mkdtemp(join(folder, 'texts-'));
    const { model } = models.find(({ name }) => name === 'toy')!;
    const [{ content }] = exportModel(model, { format: 'java', fileName: 'Toy.java' });
    await writeFile(join(cwd, 'Toy.java'), content);
    const program = `class Texts {
  public static void main(String[] arguments) {
    double[] values = {${[...calls('Toy.category'), 'Toy.category(2, null)']}};
    for (double value : values) System.out.print((Double.isNaN(value) ? "NaN" : String.valueOf((int) value)) + " ");
  }
}
`;
    await writeFile(join(cwd, 'Texts.java'), program);
    await output('javac', ['Toy.java', 'Texts.java'], { cwd });
    expect(await output('java', ['Texts'], { cwd })).toBe(`${VALUES}NaN `);
  });

  it.each([
    ['without a package', undefined, '.', undefined],
    ['in a package, wherever its files are', 'com.example.trees', '.', undefined],
    ['in a package, from the root of the sources', 'com.example.trees', 'com/example/trees', 'com/example/trees/'],
  ])('is tested by the documented commands %s', async (_, name, place, prefix) => {
    const cwd = await mkdtemp(join(folder, 'documented-'));
    await mkdir(join(cwd, place), { recursive: true });
    const { model } = models.find((one) => one.name === 'toy')!;
    const options = { format: 'java', fileName: 'Toy.java', withTest: true, ...(name && { package: name }) } as const;
    for (const file of exportModel(model, options)) await writeFile(join(cwd, place, file.name), file.content);
    const command = /\{@code (.*)\}/.exec(await readFile(join(cwd, place, 'ToyTest.java'), 'utf8'))![1]!;
    const fromRoot = command.replace('-d .', '').replace(/Toy(Test)?\.java/g, `${prefix}$&`);
    const found = await output('sh', ['-c', prefix === undefined ? command : fromRoot], { cwd });
    expect(found).toMatch(/^[1-9]\d* rows, 0 wrong\n$/);
    const line = (await readFile(join(ROOT, 'docs/export.md'), 'utf8')).match(/^\| `java`.*/m)![0];
    expect(line).toContain(command.replace(/Toy/g, 'Name').replace(/java com.*/, 'java NameTest'));
  });
});

describeWith([python], 'Python', () => {
  it('knows the modules of the standard library', async () => {
    const list = 'import sys; print("\\n".join(getattr(sys, "stdlib_module_names", ["os"])))';
    const modules = (await output(python.command, ['-c', list])).trim().split('\n');
    expect(modules).toContain('os');
    expect(modules.filter((name) => !name.startsWith('_') && !PYTHON_MODULES.has(name))).toEqual([]);
  });

  it('answers as the model does', async () => {
    const root = await write('python', (name) => `${name}.py`);
    for (const { name } of models) {
      await output(python.command, ['-W', 'error', '-m', 'unittest', '-q', `test_${name}`], {
        cwd: join(root, name),
      });
    }
  });

  it('takes any number as the nearest double, and no row that is none', async () => {
    const cwd = join(await write('python', (name) => `${name}.py`), 'bundled');
    const program = `import bundled, math
from decimal import Decimal
from fractions import Fraction

class Single:
    """A number of 32 bits, as numpy has them: it compares itself with others in 32 bits."""
    def __init__(self, value):
        self.value = bundled_single(value)
    def __float__(self):
        return self.value
    def __le__(self, other):
        return self.value <= bundled_single(other)

def bundled_single(value):
    import struct
    return struct.unpack("<f", struct.pack("<f", value))[0]

threshold = bundled._THRESHOLD[0]
at = bundled._FEATURE[0]
row = [5.0, 3.0, 2.0, 1.0]
row[at] = bundled_single(threshold)
expected = bundled.leaf(row)
row[at] = Single(threshold)
assert bundled.leaf(row) == expected and bundled.predict(row)[1] is not None
row[at] = Decimal(threshold) + Decimal("1e-30")
assert bundled.leaf(row) == bundled.leaf([threshold if f == at else v for f, v in enumerate(row)])
assert bundled.predict(iter([5, True, Fraction(1, 2), 1])) == bundled.predict((5.0, 1.0, 0.5, 1.0))
for bad, error in ((None, TypeError), ("5", TypeError), (10**400, OverflowError), (1j, TypeError)):
    for function in (bundled.predict, bundled.leaf):
        try:
            function([bad, 3.0, 2.0, 1.0])
        except error:
            continue
        raise AssertionError(bad)
for bad in ([5.0, 3.0, 2.0], [5.0] * 5, []):
    try:
        bundled.predict(bad)
    except ValueError as error:
        assert str(error) == f"expected a row of 4 numbers, found {len(bad)}", error
    else:
        raise AssertionError(bad)
class bool_:
    """A truth value of numpy, which is none of Python and gives a number."""
    def __float__(self):
        return 1.0

truth = bool_()
try:
    bundled.encode({"sepal_length": truth})
except ValueError as error:
    assert str(error) == f"sepal_length: expected a number, found {truth!r}", error
else:
    raise AssertionError(truth)
try:
    bundled.predict(None)
except TypeError:
    print("right")
`;
    expect(await output(python.command, ['-W', 'error', '-c', program], { cwd })).toBe('right\n');
  });

  it('makes of every value what JavaScript makes of it', async () => {
    const [module] = exportModel(encodingModel(), { format: 'python', fileName: 'encoding.py' });
    await writeFile(join(folder, 'encoding.py'), module.content);
    const program = `import json, encoding
def index(name, value):
    try:
        return encoding.encode({} if value is None else {name: json.loads(value)})[encoding.FEATURE_NAMES.index(name)]
    except ValueError as error:
        kind = "number" if name == "weight" else "category"
        assert str(error) == f"{name}: expected a {kind}, found {json.loads(value)!r}", error
cases = json.loads(${JSON.stringify(JSON.stringify(encodeCases.map(({ value = null }) => value)))})
print(json.dumps([[index(name, value) for name in ("weight", "color", "code")] for value in cases]))`;
    const found = await output(python.command, ['-W', 'error', '-c', program], { cwd: folder });
    // NaN and Infinity of Python, and -0 as it is.
    const written = (value: number | null) => (value === null ? 'null' : Object.is(value, -0) ? '-0' : String(value));
    const cells = found
      .trim()
      .slice(2, -2)
      .split(/\], \[|, /);
    expect(cells.map((cell) => (cell === 'null' ? cell : written(Number(cell))))).toEqual(
      encodeCases.flatMap(({ code, color, weight }) => [weight, color, code].map(written)),
    );
  });
});

it('JavaScript answers as the model does', async () => {
  const cwd = await write('js', (name) => `${name}.mjs`);
  await output(process.execPath, ['--test', ...models.map(({ name }) => `${name}/${name}.test.mjs`)], { cwd });
});

it('the types of JavaScript are right in themselves', async () => {
  const cwd = await write('js', (name) => `${name}.mjs`);
  const files = models.map(({ name }) => join(cwd, name, `${name}.d.mts`));
  await output(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', ...files], {
    cwd,
  });
});
