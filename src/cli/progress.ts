/** Nothing is said of the time left before this: the first share says little. */
const SAY_TIME_FROM_MS = 1000;
/** Between two lines: more often nobody reads. */
const REPAINT_MS = 100;

/** One line on stderr that says what a command does, how much of it is done, and the time left. */
export interface Progress {
  /** Begins a part of the work, which is shown at once. */
  begin(phase: string): void;
  /**
   * @param share of the part, in [0, 1]; undefined where it is not known
   * @param detail what is shown in its place
   */
  report(share: number | undefined, detail?: string): void;
  /** Removes the line, until something is reported again. */
  clear(): void;
  /** Removes the line for good. */
  end(): void;
}

const SILENT: Progress = { begin: () => {}, report: () => {}, clear: () => {}, end: () => {} };

/**
 * Nothing is shown where the stream is no terminal.
 * @param now in milliseconds
 */
export function createProgress(
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  if (stream.isTTY !== true || process.env['TERM'] === 'dumb') return SILENT;
  let phase = '';
  let began = 0;
  let last = 0;
  let painted = Number.NEGATIVE_INFINITY;
  let shown = '';
  // Carriage return, then `erase to the end of the line` (ECMA-48 EL).
  const paint = (text: string) => {
    if (text !== shown) stream.write(`\r${text}\u001b[K`);
    shown = text;
    painted = now();
  };
  return {
    begin: (name) => {
      if (name === phase) return;
      phase = name;
      began = now();
      last = 0;
      paint(name);
    },
    report: (share, detail = '') => {
      // A table that is read again begins again.
      if (share !== undefined && share < last) began = now();
      last = share ?? last;
      // What is done says so by what follows.
      if (phase === '' || share === 1 || now() - painted < REPAINT_MS) return;
      paint(share === undefined ? joined(phase, detail) : `${phase} ${sharePart(share, now() - began)}`);
    },
    clear: () => paint(''),
    end: () => {
      phase = '';
      paint('');
    },
  };
}

function joined(phase: string, detail: string): string {
  return detail === '' ? phase : `${phase}, ${detail}`;
}

/** `12 %, 8 s left` */
function sharePart(share: number, elapsedMs: number): string {
  const percent = `${Math.floor(share * 100)} %`;
  if (elapsedMs < SAY_TIME_FROM_MS || share <= 0) return percent;
  return `${percent}, ${durationInWords((elapsedMs / share) * (1 - share))} left`;
}

/** Rounded up, as it is a guess: `8 s`, `3 min`, `2 h`. */
function durationInWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
