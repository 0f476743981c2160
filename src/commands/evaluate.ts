import { setImmediate as nextTurn } from 'node:timers/promises';
import { BaseCommand } from '../cli/base-command.js';
import {
  expectModelFlag,
  fileFlag,
  integerFlag,
  labelledTableFlags,
  labelledTableOptions,
  modelFlag,
  outputFlag,
  verifyKeyFlag,
} from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { readExpectedModel } from '../cli/local-model.js';
import { Flags } from '../cli/oclif.js';
import { bundledIrisPath } from '../data/bundled.js';
import { isEngine } from '../data/open-source.js';
import { unseenInWords } from '../data/unseen.js';
import { type EvaluateOptions, type Evaluation, evaluate } from '../evaluation/evaluate.js';
import { measureFeatureLosses } from '../evaluation/feature-losses.js';
import { GateSyntaxError, parseGate } from '../evaluation/gate-grammar.js';
import { readBaseline, readSubject } from '../evaluation/subject.js';
import { shownLocation } from '../formats/model-location.js';
import { readModel } from '../formats/store.js';
import { writeWholeFile } from '../formats/whole-file.js';
import { CheckFailedError } from '../ground/errors.js';
import type { PredictingModel } from '../model/predicting-model.js';
import { runStepsInTurns } from '../model/steps.js';
import { AGGREGATES_HASH } from '../pushdown/fingerprint.js';
import { evaluationJson } from '../report/evaluation/json.js';
import { evaluationJunit } from '../report/evaluation/junit.js';
import { evaluationMarkdown } from '../report/evaluation/markdown.js';
import { evaluationText } from '../report/evaluation/text.js';
import { evaluationHtml } from '../report/html/evaluation-html.js';

interface ShownFlags {
  readonly baseline?: string | undefined;
  readonly format: keyof typeof FORMATS;
  readonly path: string;
}

type PushedFlags = ShownFlags &
  Parameters<typeof labelledTableOptions>[0] & {
    readonly gates: EvaluateOptions['gates'] & object;
    readonly 'include-training-rows': boolean;
  };

/** Whether the engine that a model was grown in counts the rows to score too; what needs rows reads them. */
function isCounted(
  { provenance }: PredictingModel,
  flags: {
    readonly baseline?: string | undefined;
    readonly 'cross-validate'?: number | undefined;
    readonly data?: string | undefined;
    readonly report?: string | undefined;
  },
): boolean {
  if (provenance.data?.hash !== AGGREGATES_HASH || !isEngine(flags.data ?? '')) return false;
  return flags.baseline === undefined && flags['cross-validate'] === undefined && flags.report === undefined;
}

const FORMATS = { text: evaluationText, markdown: evaluationMarkdown, junit: evaluationJunit };

export default class Evaluate extends BaseCommand {
  static override description =
    'Without --data the bundled iris is scored, if the model was trained on it. Of the table that a model was trained on, whole or in part, only the held-out rows are scored; of another table all rows.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --cross-validate 10 --repeats 5 --gate 'accuracy>=0.93'",
    "<%= config.bin %> <%= command.id %> --data new.csv --gate 'recall[virginica]>=0.9' --gate 'accuracy.lower>=0.85'",
    '<%= config.bin %> <%= command.id %> --report report.html',
    "<%= config.bin %> <%= command.id %> --baseline old.json --gate 'accuracy>=baseline-0.01' --format markdown",
  ];

  static override flags = {
    ...labelledTableFlags,
    baseline: fileFlag({
      description: 'Another model, measured on the same rows: a file, or an https:// URL.',
    }),
    'cross-validate': integerFlag({
      description: 'Train again with the parameters of the model, K times, each time without one fold that is scored.',
      helpValue: 'K',
      min: 2,
    }),
    data: fileFlag({ char: 'd', description: 'Table to score; - is standard input.' }),
    'expect-model': expectModelFlag,
    format: Flags.option({
      default: 'text' as const,
      description: 'Form of the report.',
      options: ['text', 'markdown', 'junit'] as const,
    })(),
    gate: Flags.string({
      description: 'What must hold, else the exit code is 1. May be given again.',
      helpValue: "'accuracy>=0.9'",
      multiple: true,
      multipleNonGreedy: true,
    }),
    'include-training-rows': Flags.boolean({
      description: 'Score rows that the model was trained on too, and hold it to gates on them.',
      exclusive: ['cross-validate'],
    }),
    model: modelFlag,
    repeats: integerFlag({
      dependsOn: ['cross-validate'],
      description: 'Cross-validate R times with other folds. Default: 1.',
      helpValue: 'R',
      min: 1,
    }),
    report: outputFlag({ description: 'Write a page with all figures and pictures too.', helpValue: 'FILE.html' }),
    'verify-key': verifyKeyFlag(),
  };

  static override summary = 'Measure a model, and hold it to gates.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(Evaluate);
    const { path } = this.chooseModel(flags.model);
    await keepInputs(
      {
        files: { 'the model': path, 'the baseline': flags.baseline },
        tables: { 'the data': flags.data ?? bundledIrisPath() },
      },
      flags.report === undefined ? undefined : { option: 'report', path: flags.report },
    );
    this.progress.begin('loading');
    const verifyKeys = await readVerifyKeys(flags['verify-key']);
    const model = await readExpectedModel(path, { expectModel: flags['expect-model'], verifyKeys }, this.signal);
    const gates = (flags.gate ?? []).map((gate) => parseGate(gate, model.classes));
    const layout = { ...labelledTableOptions(flags), onProgress: this.onRead, signal: this.signal };
    if (flags.data !== undefined && isCounted(model, flags)) {
      await this.#evaluatePushedDown(model, flags.data, { ...flags, path, gates });
      return;
    }
    this.progress.begin('reading');
    const subject = await readSubject(model, flags.data, layout);
    for (const warning of subject.dataset.warnings) this.warning(warning);
    const baseline =
      flags.baseline === undefined
        ? null
        : await readBaseline(subject, await readModel(flags.baseline, this.signal, { verifyKeys }), flags.data, layout);
    const folds = flags['cross-validate'];
    const includeTrainingRows = flags['include-training-rows'];
    this.progress.begin(folds === undefined ? 'measuring' : 'cross-validating');
    const evaluation = await evaluate(subject, {
      baseline,
      crossValidation: folds === undefined ? null : { folds, repeats: flags.repeats ?? 1 },
      gates,
      includeTrainingRows,
      onShare: (share) => this.progress.report(share),
      signal: this.signal,
    });
    if (flags.report !== undefined) {
      this.progress.begin('writing');
      const featureLosses = await runStepsInTurns(measureFeatureLosses(subject, includeTrainingRows), this.signal);
      const page = evaluationHtml(evaluation, { model, path: shownLocation(path), featureLosses });
      await this.#throwIfInterrupted();
      await writeWholeFile(flags.report, page);
    }
    await this.#showEvaluation(evaluation, { ...flags, path });
    const { rows, unseen } = evaluation.measured;
    for (const line of unseenInWords(unseen?.columns ?? [], rows)) this.warning(line);
    this.#holdToGates(evaluation);
  }

  async #evaluatePushedDown(model: PredictingModel, data: string, flags: PushedFlags): Promise<void> {
    this.progress.begin('measuring');
    const { evaluatePushedDown } = await import('../pushdown/evaluate-pushed-down.js');
    const evaluation = await evaluatePushedDown(model, data, labelledTableOptions(flags), {
      gates: flags.gates,
      includeTrainingRows: flags['include-training-rows'],
      signal: this.signal,
    });
    await this.#showEvaluation(evaluation, flags);
    this.#holdToGates(evaluation);
  }

  async #showEvaluation(evaluation: Evaluation, { baseline, format, path }: ShownFlags): Promise<void> {
    await this.#throwIfInterrupted();
    await this.show(evaluationJson(evaluation, shownLocation(path), baseline && shownLocation(baseline)), () =>
      FORMATS[format](evaluation),
    );
    if (this.jsonEnabled() || format === 'junit') for (const note of evaluation.notes) this.note(`note: ${note}`);
  }

  protected override async catch(error: unknown): Promise<void> {
    if (error instanceof GateSyntaxError) for (const line of error.pointer.split('\n')) this.note(line);
    return super.catch(error);
  }

  /** A signal that came during a long step is heard in a turn of the event loop, no sooner. */
  async #throwIfInterrupted(): Promise<void> {
    await nextTurn();
    this.signal.throwIfAborted();
  }

  #holdToGates({ gates }: Evaluation): void {
    const failed = gates.filter(({ passed }) => !passed);
    for (const { gate, explanation } of failed) this.note(`gate failed: ${gate}: ${explanation}`);
    if (failed.length > 0) throw new CheckFailedError(`gates failed: ${failed.length} of ${gates.length}`);
  }
}
