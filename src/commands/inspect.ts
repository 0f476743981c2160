import { BaseCommand } from '../cli/base-command.js';
import { explainByFeatures, explainRow } from '../cli/explained-row.js';
import { fileArgument, integerFlag, verifyKeyFlag } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { Flags } from '../cli/oclif.js';
import { shownLocation } from '../formats/model-location.js';
import { type ReadModelOptions, readModel } from '../formats/store.js';
import { UsageError } from '../ground/errors.js';
import type { Model } from '../model/model.js';
import { ensembleOf, requireTree } from '../model/single-tree.js';
import { withAllDecimals } from '../model/threshold-text.js';
import { changesJson, changesText } from '../report/inspection/changes.js';
import { type EnsembleInspection, ensembleJson, ensembleText } from '../report/inspection/ensemble.js';
import { ensembleDrawing } from '../report/inspection/ensemble-drawing.js';
import { inspectionFormats, renderInspection } from '../report/inspection/formats.js';
import { inspectionJson } from '../report/inspection/inspection.js';
import type { Paint } from '../report/terminal-paint.js';
import { impurityImportances } from '../tree/importance.js';

export default class Inspect extends BaseCommand {
  static override args = {
    model: fileArgument({ description: 'Model file, or its https:// URL.', name: 'MODEL', required: true }),
    other: fileArgument({ description: 'Another one: show what changed from MODEL to it.', name: 'OTHER' }),
  };
  static override description = 'Show the tree of a model, its importances and how it was trained; or what changed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> artifacts/iris.json',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --explain 5.0,3.6,1.3,0.25',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --format dot | dot -Tsvg > tree.svg',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --format svg > tree.svg',
    '<%= config.bin %> <%= command.id %> old.json new.json',
    '<%= config.bin %> <%= command.id %> boosted.json --tree 12',
  ];
  static override flags = {
    depth: integerFlag({
      description: 'Levels of the tree to show as text; 0 shows all. Left out: as many as fit a screen.',
      min: 0,
    }),
    explain: Flags.string({
      description: 'Mark the path of one row, or, of several trees, say what its features bring: its values in order.',
      helpValue: 'VALUES',
    }),
    format: Flags.option({
      default: 'text' as const,
      description: 'How to draw the tree.',
      options: inspectionFormats,
    })(),
    precise: Flags.boolean({ description: 'Show thresholds with all of their digits.' }),
    tree: integerFlag({
      description: 'Which tree to show, from 0, of a model of more than one. Left out: a summary.',
      helpValue: 'N',
      min: 0,
    }),
    'verify-key': verifyKeyFlag(),
  };
  static override summary = 'Show a model, or what changed between two.';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Inspect);
    await keepInputs({ files: { 'the model': args.model, 'the other model': args.other } });
    this.progress.begin('loading');
    const trust = { verifyKeys: await readVerifyKeys(flags['verify-key']) };
    const model = await readModel(args.model, this.signal, trust);
    const path = shownLocation(args.model);
    if (args.other !== undefined) {
      if (flags.format !== 'text' || flags.explain !== undefined) {
        throw new UsageError('a comparison is text, or --json: expected no --format or --explain with OTHER');
      }
      return this.#compare({ path, model }, args.other, trust);
    }
    if (flags.depth !== undefined && flags.format !== 'text') {
      throw new UsageError(`--depth: expected --format text, found ${flags.format}`);
    }
    const scorer = ensembleOf(model);
    if (scorer !== null) return this.#inspectEnsemble({ path, model, scorer, tree: flags.tree }, flags);
    if (flags.tree !== undefined) throw new UsageError('--tree: expected a model of more than one tree, found a tree');
    const { classWeights, tree } = requireTree(model, 'an inspection');
    const inspection = {
      path,
      model: flags.precise ? withAllDecimals(model) : model,
      ...(flags.depth === undefined ? {} : { depth: flags.depth }),
      depthAdvice: '--depth 0 shows all',
      importances: impurityImportances(tree, classWeights),
      ...(flags.explain === undefined ? { pathNodes: new Set<number>() } : await explainRow(model, flags.explain)),
    };
    await this.show(inspectionJson(inspection), () => renderInspection(inspection, flags.format, paint()));
  }

  async #inspectEnsemble(
    inspection: EnsembleInspection,
    {
      depth,
      explain,
      format,
      precise,
    }: {
      readonly depth?: number | undefined;
      readonly explain?: string | undefined;
      readonly format: (typeof inspectionFormats)[number];
      readonly precise: boolean;
    },
  ): Promise<void> {
    const { kind } = inspection.scorer;
    if (depth !== undefined) throw new UsageError(`--depth: expected a model of one tree, found a ${kind} model`);
    const explained = explain === undefined ? undefined : await explainByFeatures(inspection.model, explain);
    const model = precise ? withAllDecimals(inspection.model) : inspection.model;
    const shown = { ...inspection, model, explained, tree: inspection.tree };
    await this.show(ensembleJson(shown), () =>
      format === 'text' ? ensembleText(shown) : ensembleDrawing(shown, format),
    );
  }

  async #compare(before: { path: string; model: Model }, other: string, trust: ReadModelOptions): Promise<void> {
    const model = await readModel(other, this.signal, trust);
    const compared = { before, after: { path: shownLocation(other), model } };
    await this.show(changesJson(compared), () => changesText(compared));
  }
}

/** Colours only where they are seen and wanted: NO_COLOR and TERM=dumb turn them off. */
function paint(): Paint {
  return process.stdout.isTTY && process.stdout.hasColors() ? 'colour' : 'plain';
}
