import { readFileSync } from 'node:fs';

const PROCESSES =
  'the limit of processes and threads is reached (ulimit -u; in a container its pids limit): raise it, or ask for fewer workers or threads';
const OPEN_FILES = 'the limit of open files is reached (ulimit -n): raise it';
const ALL_OPEN_FILES = "the system's limit of open files is reached (fs.file-max): raise it";
const MEMORY = 'there is not enough memory: raise the limit, or ask for fewer workers or threads';

/** The limit that made a system call fail, and what to do about it; undefined for any other failure. */
export function limitReached(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  switch (code) {
    case 'EMFILE':
      return OPEN_FILES;
    case 'ENFILE':
      return ALL_OPEN_FILES;
    case 'ENOMEM':
      return MEMORY;
    case 'ERR_WORKER_INIT_FAILED': // a thread
      return PROCESSES;
    case 'EAGAIN': // of other calls it means: try again
      return syscall?.startsWith('spawn') ? PROCESSES : undefined;
    default:
      return undefined;
  }
}

/**
 * The limit that most likely ended a process while it started; undefined where nothing hints at one. Node aborts when it
 * cannot start a thread, and the kernel kills a process when its container has no memory left.
 */
export function limitThatEnds(signal: string | null): string | undefined {
  if (signal === 'SIGABRT') return PROCESSES;
  return signal === 'SIGKILL' ? MEMORY : undefined;
}

/** Bytes that the system, a container say, gives this process; Infinity where there is no such limit. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? constrained : Number.POSITIVE_INFINITY;
}

/**
 * Bytes that are left of it; Infinity where there is no such limit. What the process has of files, its own program above
 * all, is not counted: the system takes it back where memory is short.
 */
export function freeMemory(limit = memoryLimit()): number {
  return limit === Number.POSITIVE_INFINITY ? limit : limit - privateMemory();
}

function privateMemory(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const kilobytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].map(([, count]) => Number(count));
    if (kilobytes.length > 0) return kilobytes.reduce((sum, count) => sum + count) * 1024;
  } catch {
    // No Linux.
  }
  return process.memoryUsage.rss();
}
