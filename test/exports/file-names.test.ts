import { describe, expect, it } from 'vitest';
import { type ExportOptions, exportModel } from '../../src/exports/export-model.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';

const toy = assembleTrained(toyParts());
const refusal = (options: ExportOptions) => {
  expect(() => exportModel(toy, options)).toThrow(expect.objectContaining({ name: 'UsageError' }));
  try {
    exportModel(toy, options);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

const ANOTHER = 'a file with another name than';
const PYTHON = {
  identifier: 'a file whose name is an identifier, as it names the module',
  meaning: 'a file whose name means nothing else in Python, as it names the module',
  module: `${ANOTHER} a module of the standard library, which it would hide`,
};
const GO = {
  first: 'a file whose name begins with a letter or a digit',
  test: 'a file whose name does not end in _test, which go reads in tests alone',
  only: (system: string) => `a file whose name does not end in _${system}, which go reads for ${system} alone`,
};
const C = {
  header: `${ANOTHER} a header of C, which its own would hide`,
  include: 'a file whose header C can include, without quotation marks, backslashes, and two question marks',
};
const JAVA = {
  capital: 'a file whose name is an identifier that begins with a capital letter, as it names the class',
  known: `${ANOTHER} a class of Java, which its own would hide`,
};

describe('the name of a file', () => {
  it.each<[ExportOptions['format'], string, string, string]>([
    ['python', 'unittest.py', PYTHON.module, 'unittest_model.py'],
    ['python', 'math.py', PYTHON.module, 'math_model.py'],
    ['python', 'struct.py', PYTHON.module, 'struct_model.py'],
    ['python', 're.py', PYTHON.module, 're_model.py'],
    ['python', 'os.py', PYTHON.module, 'os_model.py'],
    ['python', 'sitecustomize.py', PYTHON.module, 'sitecustomize_model.py'],
    ['python', 'import.py', PYTHON.meaning, 'import_model.py'],
    ['python', 'None.py', PYTHON.meaning, 'None_model.py'],
    ['python', '__init__.py', PYTHON.meaning, 'init.py'],
    ['python', '__main__.py', PYTHON.meaning, 'main.py'],
    ['python', '__math__.py', PYTHON.meaning, 'math_model.py'],
    ['python', 'my-model.py', PYTHON.identifier, 'my_model.py'],
    ['python', '2024.py', PYTHON.identifier, 'model_2024.py'],
    ['python', 'clé.py', PYTHON.identifier, 'cl.py'],
    ['go', 'm_test.go', GO.test, 'm_test_model.go'],
    ['go', 'm_windows.go', GO.only('windows'), 'm_windows_model.go'],
    ['go', 'm_linux.go', GO.only('linux'), 'm_linux_model.go'],
    ['go', 'm_amd64.go', GO.only('amd64'), 'm_amd64_model.go'],
    ['go', 'm_linux_arm64.go', GO.only('arm64'), 'm_linux_arm64_model.go'],
    ['go', 'm_386.go', GO.only('386'), 'm_386_model.go'],
    ['go', 'm_Windows.go', GO.only('windows'), 'm_Windows_model.go'],
    ['go', '_m.go', GO.first, 'm_model.go'],
    ['go', '.m.go', GO.first, 'm_model.go'],
    ['go', '-m.go', GO.first, 'm_model.go'],
    ['c', 'string.c', C.header, 'string_model.c'],
    ['c', 'math.c', C.header, 'math_model.c'],
    ['c', 'Float.c', C.header, 'Float_model.c'],
    ['c', 'features.c', C.header, 'features_model.c'],
    ['c', 'a"b.c', C.include, 'a_b_model.c'],
    ['c', 'a\\b.c', C.include, 'a_b_model.c'],
    ['c', 'a??)b.c', C.include, 'a_b_model.c'],
    ['java', 'String.java', JAVA.known, 'StringModel.java'],
    ['java', 'Thread.java', JAVA.known, 'ThreadModel.java'],
    ['java', 'Files.java', JAVA.known, 'FilesModel.java'],
    ['java', 'class.java', JAVA.capital, 'ClassModel.java'],
    ['java', 'row.java', JAVA.capital, 'Row.java'],
    ['java', 'java.java', JAVA.capital, 'Java.java'],
    ['java', 'my-model.java', JAVA.capital, 'MyModel.java'],
    ['java', '2024.java', JAVA.capital, 'Model2024.java'],
  ])('of %s cannot be %s', (format, fileName, expected, other) => {
    expect(refusal({ format, fileName })).toBe(
      `out: expected ${expected}, found ${fileName}; option out=${other} works`,
    );
    expect(() => exportModel(toy, { format, fileName: other })).not.toThrow();
  });

  it('has no control character in C', () => {
    expect(refusal({ format: 'c', fileName: 'a\nb.c' })).toBe(
      `out: expected ${C.include}, found "a\\nb.c"; option out=a_b_model.c works`,
    );
  });

  it.each(['folder/m.js', 'm\0.js', '\ud800.js', ''])('is no folder, and one that a disk has: %j', (fileName) => {
    expect(refusal({ format: 'js', fileName })).toMatch(
      /^fileName: expected the name of a file, without a folder, found /,
    );
  });

  it.each<[ExportOptions['format'], string]>([
    ['python', 'match.py'],
    ['python', 'iris.py'],
    ['python', '_iris.py'],
    ['go', 'linux.go'],
    ['go', 'm_unix.go'],
    ['go', 'My Model.go'],
    ['go', 'test.go'],
    ['c', 'strings_of_things.c'],
    ['c', 'find.c'],
    ['java', 'Iris_2.java'],
    ['java', 'T.java'],
    ['js', 'class.js'],
    ['js', 'a"b%.mjs'],
  ])('of %s can be %s', (format, fileName) => {
    expect(exportModel(toy, { format, fileName })[0].name).toBe(fileName);
  });
});

describe('a package', () => {
  const go = 'an identifier that is no keyword, nor _ or documentation, nor ends in _test';
  const java = 'identifiers with dots between them, none of them a keyword, the first not java';
  it.each<['go' | 'java', string, string, string]>([
    ['go', 'func', go, 'model_func'],
    ['go', 'a.b', go, 'a_b'],
    ['go', '_', go, 'model_'],
    ['go', 'documentation', go, 'model_documentation'],
    ['go', 'm_test', go, 'm_test_model'],
    ['go', '', go, 'model_'],
    ['java', 'com.new', java, 'com.new_'],
    ['java', 'java.models', java, 'java_.models'],
    ['java', 'com..x', java, 'com.model_.x'],
    ['java', 'com.2x', java, 'com.model_2x'],
  ])('of %s cannot be %s', (format, name, expected, other) => {
    const fileName = format === 'go' ? 'm.go' : 'M.java';
    const found = name === '' ? '""' : name;
    expect(refusal({ format, fileName, package: name })).toBe(
      `package: expected ${expected}, found ${found}; option package=${other} works`,
    );
    expect(() => exportModel(toy, { format, fileName, package: other })).not.toThrow();
  });

  it.each([
    ['main.go', 'model_main'],
    ['type.go', 'model_type'],
    ['documentation.go', 'model_documentation'],
    ['m-test.go', 'm_test_model'],
  ])('of Go is named after %s as %s', (fileName, name) => {
    expect(exportModel(toy, { format: 'go', fileName })[0].content).toMatch(new RegExp(`^package ${name}$`, 'm'));
  });

  it('of Go is main where that is asked for', () => {
    expect(exportModel(toy, { format: 'go', fileName: 'm.go', package: 'main' })[0].content).toContain(
      'package main\n',
    );
  });
});
