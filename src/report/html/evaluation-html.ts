import type { Evaluation } from '../../evaluation/evaluate.js';
import type { FeatureLosses } from '../../evaluation/feature-losses.js';
import { shownName } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { singleTree } from '../../model/single-tree.js';
import { describeRows } from '../evaluation/words.js';
import { type Markup, markup, verbatim } from '../markup.js';
import { printableEvaluation, printableModel, targetOf } from '../printable.js';
import { classesSection } from './classes.js';
import { calibrationSection, curvesSection } from './curves.js';
import { agreementSection, outOfBagSection, treesSection } from './ensemble.js';
import { importancesSection } from './importances.js';
import { drawSection, type Section } from './parts.js';
import { profileSection } from './profile.js';
import { recordSection } from './record.js';
import { pageStyle } from './style.js';
import { metricsSection, summarySection } from './summary.js';
import { treeSection } from './tree.js';

export interface ReportedModel {
  /** The model that was evaluated. */
  readonly model: Model;
  /** Of its file; the page shows the last part. */
  readonly path: string;
  /** Null where there are no rows to measure them on. */
  readonly featureLosses: FeatureLosses | null;
}

/** Nothing is fetched and nothing runs, whatever a class is called. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** An evaluation as one HTML file that needs nothing beside it; it ends in a newline. */
export function evaluationHtml(found: Evaluation, { featureLosses, ...reported }: ReportedModel): string {
  const evaluation = printableEvaluation(found);
  const model = printableModel(reported.model);
  const { measured } = evaluation;
  const isTree = singleTree(model) !== null;
  const sections = [
    summarySection(evaluation),
    metricsSection(evaluation),
    classesSection(measured),
    curvesSection(measured),
    calibrationSection(measured),
    agreementSection(measured),
    outOfBagSection(model),
    importancesSection(model, featureLosses),
    isTree ? treeSection(model) : treesSection(model),
    profileSection(model),
    recordSection(model),
  ].filter((section) => section !== null);
  const title = `${targetOf(model)}: evaluation of model ${model.version}`;
  return `<!doctype html>\n${page(title, header(evaluation, model, reported.path), sections).markup}\n`;
}

function page(title: string, header: Markup, sections: readonly Section[]): Markup {
  const links = sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`);
  return markup`
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="${POLICY}">
        <link rel="icon" href="data:,">
        <title>${title}</title>
        <style>${verbatim(pageStyle())}</style>
      </head>
      <body>
        ${header}
        <nav aria-label="Sections"><ul>${links}</ul></nav>
        <main>${sections.map(drawSection)}</main>
        <footer>Made by iris evaluate. Everything on this page is in this file.</footer>
      </body>
    </html>
  `;
}

function header(evaluation: Evaluation, model: Model, path: string): Markup {
  const { version } = model;
  const { baseline } = evaluation;
  const file = shownName(path.split(/[\\/]/).at(-1) ?? path);
  const against = baseline ? markup`, against baseline <code>${baseline.version}</code>` : null;
  return markup`
    <header>
      <h1>How well the model predicts ${targetOf(model)}</h1>
      <p class="quiet">Model <code>${version}</code> (${file})${against}, measured on ${describeRows(evaluation)}.</p>
    </header>
  `;
}
