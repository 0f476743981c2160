import { UnavailableError } from '../ground/errors.js';

/**
 * A package that only those install who read such a table. Its name is no literal where it is imported: a program that
 * bundles this one need not have it.
 * Why: docs/decisions/engines-are-optional-packages.md
 *
 * @param all the packages that are to be installed, this one among them
 * @throws UnavailableError where it is not installed, with the command that installs it
 */
export async function optionalPackage<Package>(name: string, what: string, all = [name]): Promise<Package> {
  try {
    return (await import(name)) as Package;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isAbsent = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`);
    const found = isAbsent ? 'it is not installed' : `found: ${message}`;
    const remedy = `npm install ${all.join(' ')}`;
    throw new UnavailableError(`${what} expected the package ${name}, ${found}; where iris is installed: ${remedy}`, {
      cause,
    });
  }
}
