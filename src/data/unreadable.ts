/** Why a file cannot be read, for a message. */
export function unreadable(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'expected a file, found none';
    case 'EISDIR':
      return 'expected a file, found a folder';
    case 'EACCES':
    case 'EPERM':
      return 'expected a readable file, found one without permission to read it';
    default:
      return `expected a readable file, found: ${(cause as Error).message}`;
  }
}
