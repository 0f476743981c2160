import { describe, expect, it } from 'vitest';
import { optionalPackage } from '../../src/data/optional-package.js';

describe('a package that is optional', () => {
  it('is there where it is installed', async () => {
    expect(await optionalPackage<typeof import('node:path')>('node:path', 'paths:')).toHaveProperty('join');
  });

  it('is named, with the command that installs it and what else is needed, where it is not', async () => {
    await expect(optionalPackage('no-such-package', 'Nothing:', ['no-such-package', 'another'])).rejects.toThrow(
      expect.objectContaining({
        name: 'UnavailableError',
        message:
          'Nothing: expected the package no-such-package, it is not installed; where iris is installed: npm install no-such-package another',
      }),
    );
  });
});
