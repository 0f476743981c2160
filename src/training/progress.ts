/** The parts of a training, in their order, each with the share of the whole that it is taken for. */
const PHASES = { hashing: 0.05, splitting: 0.05, fitting: 0.75, measuring: 0.15 } as const;

export type TrainingPhase = keyof typeof PHASES;

/**
 * Called now and then.
 * @param share of all the work that is done, in [0, 1]; it never goes back
 * @param phase what is done now
 * @param phaseShare the part of the phase that is done, in [0, 1]
 */
export type OnTrainingProgress = (share: number, phase: TrainingPhase, phaseShare: number) => void;

/** What a phase calls with its own share. */
export function phaseReporter(onProgress: OnTrainingProgress | undefined) {
  return (phase: TrainingPhase, phaseShare: number): void => {
    onProgress?.(Math.min(1, startOf(phase) + PHASES[phase] * phaseShare), phase, phaseShare);
  };
}

function startOf(phase: TrainingPhase): number {
  const shares = Object.entries(PHASES);
  const index = shares.findIndex(([name]) => name === phase);
  return shares.slice(0, index).reduce((sum, [, share]) => sum + share, 0);
}
