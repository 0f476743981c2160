import type { CrossValidation } from '../../evaluation/cross-validation.js';
import type { Evaluation } from '../../evaluation/evaluate.js';
import type { Interval } from '../../evaluation/intervals.js';
import { figuresByName, type Measurement } from '../../evaluation/measurement.js';
import { METRICS, type MetricName } from '../../evaluation/metrics.js';
import type { Scored } from '../../evaluation/scored-rows.js';
import { checkArgument, objectWith } from '../../ground/options.js';

/** The JSON form of what was measured; docs/evaluation.schema.json describes it. */
export interface MeasurementJson {
  readonly metrics: Readonly<Record<MetricName, number | null>>;
  /** Why a figure is null: `precisionMacro`, or `precision[virginica]`. */
  readonly undefined: Readonly<Record<string, string>>;
  readonly intervals: Readonly<Record<string, Interval>>;
  readonly perClass: readonly {
    readonly class: string;
    readonly precision: number | null;
    readonly recall: number | null;
    readonly f1: number | null;
    readonly support: number;
  }[];
  readonly confusion: readonly (readonly number[])[];
}

/** What `iris evaluate --json` prints. */
export interface EvaluationJson extends MeasurementJson {
  readonly model: { readonly path: string; readonly sha256: string; readonly version: string };
  readonly rows: number;
  readonly scored: Scored;
  /** How much of the table the model was trained on, where that matters and is known. */
  readonly overlap?: Evaluation['overlap'];
  /** Categories that the model never saw, where there are any. */
  readonly unseen?: Measurement['unseen'];
  /** How far the trees of a forest answer alike. */
  readonly agreement?: Measurement['agreement'];
  readonly gates: readonly { readonly gate: string; readonly value: number | null; readonly passed: boolean }[];
  /** Of a cross-validation. */
  readonly crossValidation?: {
    readonly folds: number;
    readonly repeats: number;
    readonly standardErrors: Readonly<Record<string, number>>;
  };
  /** Measured on the same rows, where there is one. */
  readonly baseline?: { readonly model: EvaluationJson['model'] } & MeasurementJson;
}

/** @param path of the model's file, @param baselinePath of the baseline's */
export function evaluationJson(evaluation: Evaluation, path: string, baselinePath?: string): EvaluationJson {
  checkArgument(
    'evaluation',
    evaluation,
    objectWith('an evaluation, as evaluate gives it', 'gates', 'measured', 'model', 'scored'),
  );
  const { baseline, gates, measured, model, overlap, scored } = evaluation;
  return {
    model: { path, sha256: model.sha256, version: model.version },
    rows: measured.rows,
    scored,
    ...(overlap && { overlap }),
    ...measurementJson(measured),
    ...(measured.unseen?.rows && { unseen: measured.unseen }),
    ...(measured.agreement && { agreement: measured.agreement }),
    gates: gates.map(({ gate, value, passed }) => ({ gate, value, passed })),
    ...('folds' in measured ? { crossValidation: crossValidationJson(measured) } : {}),
    ...(baseline
      ? {
          baseline: {
            model: { path: baselinePath ?? '', sha256: baseline.sha256, version: baseline.version },
            ...measurementJson(baseline.measured),
          },
        }
      : {}),
  };
}

function measurementJson(measured: Measurement): MeasurementJson {
  const reasons = [...figuresByName(measured)].flatMap(([name, figure]) =>
    figure.value === null ? [[name, figure.reason] as const] : [],
  );
  return {
    metrics: Object.fromEntries(
      METRICS.map(({ name }) => [name, measured.metrics[name].value]),
    ) as MeasurementJson['metrics'],
    undefined: Object.fromEntries(reasons),
    intervals: Object.fromEntries(measured.intervals),
    perClass: measured.perClass.map((figures) => ({
      class: figures.class,
      precision: figures.precision.value,
      recall: figures.recall.value,
      f1: figures.f1.value,
      support: figures.support,
    })),
    confusion: measured.confusion,
  };
}

function crossValidationJson({ folds, repeats, standardErrors }: CrossValidation): EvaluationJson['crossValidation'] {
  return { folds, repeats, standardErrors: Object.fromEntries(standardErrors) };
}
