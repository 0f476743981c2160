const PROCESSES =
  'the limit of processes and threads is reached (ulimit -u; in a container its pids limit): raise it, or ask for fewer workers or threads';
const OPEN_FILES = 'the limit of open files is reached (ulimit -n): raise it';
const ALL_OPEN_FILES = "the system's limit of open files is reached (fs.file-max): raise it";
const MEMORY = 'there is not enough memory: raise the limit, or ask for fewer workers or threads';

/** Which limit made a system call fail, and what to do; undefined where no limit did. */
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
    case 'EAGAIN': // elsewhere it means: not now
      return syscall?.startsWith('spawn') ? PROCESSES : undefined;
    default:
      return undefined;
  }
}

/**
 * Which limit most likely ended a process that was about to begin; undefined where nothing hints at one. Node aborts
 * where it gets no thread, and the kernel kills where a container has no memory left.
 */
export function limitThatEnds(signal: string | null): string | undefined {
  if (signal === 'SIGABRT') return PROCESSES;
  return signal === 'SIGKILL' ? MEMORY : undefined;
}
