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
