import { describe, expect, it } from 'vitest';
// @ts-expect-error: a script without types
import { sharedFiles } from '../src/shared-files.mjs';

/** `a: b c` is a module that imports two. */
function modulesOf(bytes: number, ...lines: readonly string[]) {
  return new Map(
    lines.map((line) => {
      const [id = '', imports = ''] = line.split(':');
      return [id, { imports: imports.split(' ').filter((name) => name !== ''), bytes }];
    }),
  );
}

const none: ReadonlySet<string> = new Set();
const starts = [['one'], ['two'], ['three']];

describe('files of a bundle', () => {
  it('are joined where most of what starts loads both, and hold nothing that starts or is loaded by one alone', () => {
    const modules = modulesOf(10, 'one:all some own', 'two:all some', 'three:all', 'all:', 'some:', 'own:');
    const files = sharedFiles(modules, starts, none);
    expect([...files.keys()].sort()).toEqual(['all', 'some']);
    expect(files.get('all')).toBe(files.get('some'));
  });

  it('are not joined where much would be loaded in vain', () => {
    const modules = modulesOf(1_000_000, 'one:all some', 'two:all some', 'three:all', 'all:', 'some:');
    const files = sharedFiles(modules, starts, none);
    expect(files.get('all')).not.toBe(files.get('some'));
  });

  it('are not joined where a package would be', () => {
    const modules = modulesOf(10, 'one:all some', 'two:all some', 'three:all', 'all:', 'some:package');
    const files = sharedFiles(modules, starts, none);
    expect(files.get('all')).not.toBe(files.get('some'));
  });

  it('are not joined where what is closed would load more', () => {
    const modules = modulesOf(10, 'one:all some', 'two:all some', 'three:all', 'all:', 'some:');
    const files = sharedFiles(modules, starts, new Set(['three']));
    expect(files.get('all')).not.toBe(files.get('some'));
  });

  it('are not joined where they would import each other in a circle', () => {
    const modules = modulesOf(10, 'one:top', 'two:top', 'three:bottom', 'four:bottom', 'top:four', 'bottom:');
    const files = sharedFiles(modules, [...starts, ['four']], none);
    expect(files.get('top')).not.toBe(files.get('bottom'));
  });

  it('do not depend on the order in which starts are found', () => {
    const modules = modulesOf(
      1_000_000,
      'one:all some',
      'two:all some',
      'three:all few',
      'four:few',
      'all:',
      'some:',
      'few:',
    );
    const found = [...starts, ['four']];
    const files = sharedFiles(modules, found, none);
    expect(new Set(files.values()).size).toBe(3);
    expect(sharedFiles(modules, found.toReversed(), none)).toEqual(files);
  });

  it('are counted together for a command and the script that runs it', () => {
    const modules = modulesOf(10, 'script:all', 'one:some', 'two:some', 'all:', 'some:');
    const files = sharedFiles(
      modules,
      [
        ['script', 'one'],
        ['script', 'two'],
      ],
      none,
    );
    expect(files.get('all')).toBe(files.get('some'));
  });
});
