import { plural, shownName } from '../../ground/quote.js';
import { ensembleContributions } from '../../model/contributions.js';
import type { Feature, Model } from '../../model/model.js';
import type { Provenance } from '../../model/provenance.js';
import { ensembleOf, requireTree, singleTree } from '../../model/single-tree.js';
import { treeSize } from '../../model/tree-size.js';
import { fillOf } from '../charts/palette.js';
import { percent } from '../charts/text.js';
import { type Branch, outlineOf } from '../drawing/outline.js';
import { drawTree } from '../drawing/tree-drawing.js';
import { treesSection } from '../html/ensemble.js';
import { classLegend, scrollable } from '../html/parts.js';
import { drawingKind, treeInWords } from '../html/tree.js';
import { type Content, type Markup, markup } from '../markup.js';
import { printableModel, targetOf } from '../printable.js';
import { featureFields, MOST_COLOURS } from './fields.js';
import { exampleRows, type Value } from './values.js';

/** A page stays small: more nodes are folded. */
const MOST_NODES = 151;
const MOST_EXAMPLES = 10;
/** More than people can use on one page. */
const MOST_FEATURES = 250;
const MOST_CLASSES = 250;
/** Numbers that are read to make a page: counts of rows at nodes and in bars, and tests for each feature. */
const MOST_NUMBERS = 300_000;
/** Nodes of several trees, most of which are only counted; and of one of them, which is looked at. */
const MOST_COUNTED = 1 << 21;
const MOST_LOOKED_AT = 1 << 17;

/**
 * The page on which people try a model: its controls, and the drawing of its tree or the contributions of its features. The scripts are in src/playground. Addresses are
 * relative, so that the page works below any path.
 *
 * @param name the model's on the wire
 * @param areSeveral whether the server has others, of which there is a list
 */
export function playgroundPage(model: Model, name: string, areSeveral = false): string {
  const fits = fitsOnPage(model);
  const script = fits ? markup`<script type="module" src="playground/main.js"></script>` : null;
  const sections = fits ? allSections(model, printableModel(model)) : [tooLargeSection(model), aboutSection(model)];
  const target = shownName(targetOf(model));
  const title = `${shownName(name)}: predict ${target}`;
  const page = markup`
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="playground/style.css">
        ${script}
        <title>${title}</title>
      </head>
      <body>
        ${header(model, target, shownName(name), areSeveral)}
        <main id="playground" data-model="${name}" data-version="${model.version}"
          data-explains="${explanationOf(model)}">${sections}</main>
      </body>
    </html>
  `;
  return `<!doctype html>\n${page.markup}\n`;
}

/** @param shown the model with its names as they are shown */
function allSections(model: Model, shown: Model): Markup[] {
  const trees = singleTree(model) === null ? treesInWords(shown) : treeSection(shown);
  return [rowSection(model, shown), answerColumn(explanationOf(model)), trees, aboutSection(model)];
}

/** How answers are explained. */
function explanationOf(model: Model): 'path' | 'contributions' | 'nothing' {
  const scorer = ensembleOf(model);
  if (scorer === null) return 'path';
  return ensembleContributions(scorer, model).absence === null ? 'contributions' : 'nothing';
}

/**
 * Whether a page of the model is usable, and a server can make it in some ten milliseconds, during which it answers
 * nothing else.
 */
function fitsOnPage(model: Model): boolean {
  const { classes, features, provenance } = model;
  if (features.length > MOST_FEATURES || classes.length > MOST_CLASSES) return false;
  const bars = (provenance.summaries ?? []).reduce((sum, { histogram }) => sum + (histogram?.counts.length ?? 0), 0);
  const trees = ensembleOf(model)?.ensemble.trees;
  if (trees === undefined) {
    return nodeCountOf(model) * (classes.length + features.length) + bars * classes.length <= MOST_NUMBERS;
  }
  const fits = trees.feature.length <= MOST_COUNTED && trees.roots[1] <= MOST_LOOKED_AT;
  return fits && bars * classes.length <= MOST_NUMBERS;
}

function nodeCountOf({ scorer }: Model): number {
  return scorer.kind === 'tree' ? scorer.tree.nodeCount : scorer.ensemble.trees.feature.length;
}

function tooLargeSection(model: Model): Markup {
  const { classes, features } = model;
  const nodes = nodeCountOf(model);
  const look = ensembleOf(model) === null ? 'draw its tree' : 'look at its trees';
  const sizes = `${plural(features.length, 'feature')}, ${plural(classes.length, 'class', 'classes')} and ${plural(nodes, 'node')}`;
  return section(
    'too-large',
    'Too large for this page',
    markup`
      <p>This model has ${sizes}. It predicts like any other: ask it with <code>iris predict</code> or with a
        client of the Open Inference Protocol, and ${look} with <code>iris inspect</code>.</p>
    `,
  );
}

function header(model: Model, target: string, name: string, areSeveral: boolean): Markup {
  const { version } = model;
  return markup`
    <header>
      <h1>Predict ${target}</h1>
      <p class="quiet">Model <b>${name}</b>, version <code>${version}</code>. ${scoreWords(model)}
        ${areSeveral ? markup`<a href="?all">All models</a>` : null}</p>
      <noscript><p class="banner">This page needs JavaScript to ask the server, and it is off.</p></noscript>
      <p class="banner" id="banner" role="alert" hidden></p>
    </header>
  `;
}

function scoreWords({ provenance: { metrics, training } }: Model): string {
  if (metrics === null) return '';
  const { holdout, train } = metrics;
  if (holdout === null) return `Right on ${percent(train.accuracy)} of its training rows.`;
  const rows = training === null ? 'the rows' : plural(training.rows.holdout, 'row');
  return `Right on ${percent(holdout.accuracy)} of ${rows} that were held out.`;
}

/** @param shown the model with its names as they are shown */
function rowSection(model: Model, shown: Model): Markup {
  const asks = ensembleOf(model) === null ? 'the tree asks' : 'many trees ask';
  const bars = markup`
    <p class="quiet small">Bars are training rows${model.classes.length > MOST_COLOURS ? '' : ' by class'};
      lines are where ${asks}.</p>
  `;
  return section(
    'row',
    'A row',
    markup`
      ${model.provenance.summaries === null && ensembleOf(model) !== null ? null : bars}
      ${examples(shown)}
      <form id="features" autocomplete="off">${featureFields(model, shown)}</form>
    `,
  );
}

function examples(model: Model): Markup | null {
  const buttons = exampleRows(model, MOST_EXAMPLES).map(
    ({ classIndex, values }) =>
      markup`
        <button type="button"
          data-row="${JSON.stringify(values.map((value, index) => placeOf(model.features[index], value)))}">
        ${swatch(classIndex)}${model.classes[classIndex]}</button>
      `,
  );
  if (buttons.length === 0) return null;
  return markup`
    <div class="examples" role="group" aria-labelledby="examples-name">
      <span class="quiet small" id="examples-name">Typical of</span>
      ${buttons}
    </div>
  `;
}

/** A category by its index, which is short whatever its name. */
function placeOf(feature: Feature, value: Value): Value {
  return feature.kind === 'category' && value !== null ? feature.categories.indexOf(String(value)) : value;
}

/** Filled in by the scripts. */
function answerColumn(explains: ReturnType<typeof explanationOf>): Markup {
  const explanation = {
    path: section('path', 'How the tree gets there', markup`<ol class="steps" id="steps"></ol>`),
    contributions: section(
      'contributions',
      'What the features bring',
      markup`<p class="quiet small" id="average"></p><ul class="bars" id="terms"></ul>`,
    ),
    nothing: null,
  };
  return markup`
    <div class="answer">
      <div class="verdict" id="verdict">
        <p class="label"><span id="label">…</span><span class="quiet" id="share"></span></p>
        <svg class="picture shares" id="shares" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"></svg>
      </div>
      <p class="unseen" id="announcement" role="status" aria-live="polite"></p>
      ${section('prediction', 'Probabilities', markup`<ul class="bars" id="bars"></ul>`)}
      ${explanation[explains]}
    </div>
  `;
}

function treeSection(model: Model): Markup {
  const { showsHistograms, svg, tooWideForPaper } = drawTree(model, { limit: MOST_NODES });
  const answers = requireTree(model, 'a playground');
  const outline = outlineOf(answers, MOST_NODES);
  const { depth, leaves, nodes } = treeSize(answers.tree);
  const folded = nodes > MOST_NODES ? ' Branches with the fewest rows are folded.' : '';
  const bars = showsHistograms ? '' : ' Bars are class shares, numbers behind classes are training rows.';
  return section(
    'tree-section',
    'The tree',
    markup`
      <p class="quiet">${plural(nodes, 'node')}, ${plural(leaves, 'leaf', 'leaves')}, depth ${depth}.${folded}
      ${bars} The path of the row above is highlighted.</p>${classLegend(model.classes)}
      <div id="drawing" data-parents="${JSON.stringify(parentsOf(outline))}">
      ${scrollable('Drawing of the tree', svg, drawingKind(tooWideForPaper))}</div>
      ${treeInWords(model, answers, outline)}
    `,
  );
}

function treesInWords(model: Model): Markup {
  const { content, id, title } = treesSection(model);
  return section(id, title, content);
}

/** Node and parent of every drawn node but the root. */
function parentsOf({ children, node }: Branch): [number, number][] {
  return children.flatMap((child): [number, number][] => [[child.node, node], ...parentsOf(child)]);
}

function aboutSection(model: Model): Markup {
  const { classes, features, sha256 } = model;
  const curl = fitsOnPage(model)
    ? markup`
      <details><summary>Ask for the row above with curl</summary><pre tabindex="0" aria-label="The command">
      <code id="curl"></code></pre></details>
    `
    : null;
  const entries: [string, string][] = [
    ['features', String(features.length)],
    ['classes', String(classes.length)],
    ...provenanceEntries(model.provenance),
  ];
  const record = entries.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return section(
    'about',
    'The model',
    markup`
      <dl class="record">${record}<div class="whole"><dt>SHA-256</dt><dd><code>${sha256}</code></dd></div></dl>
      ${curl}
    `,
  );
}

/** What is known of the training. */
function provenanceEntries({ metrics, training }: Provenance): [string, string][] {
  const entries: [string, string][] = [];
  if (training !== null) {
    entries.push(['training rows', String(training.rows.train)], ['held-out rows', String(training.rows.holdout)]);
  }
  if (metrics !== null) {
    const { holdout, train } = metrics;
    entries.push(
      ['accuracy on training rows', percent(train.accuracy)],
      ['accuracy on held-out rows', holdout === null ? 'nothing was held out' : percent(holdout.accuracy)],
      ['log loss on training rows', train.logLoss.toFixed(4)],
      ['log loss on held-out rows', holdout === null ? 'nothing was held out' : holdout.logLoss.toFixed(4)],
    );
  }
  if (training !== null) entries.push(['engine', training.engine], ['criterion', training.criterion]);
  return entries;
}

function section(id: string, title: string, content: Content): Markup {
  return markup`
    <section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${title}</h2>${content}</section>
  `;
}

function swatch(classIndex: number): Markup {
  return markup`
    <svg class="picture swatch" viewBox="0 0 10 10" aria-hidden="true">
    <rect class="${fillOf(classIndex)}" width="10" height="10" rx="2.5"/></svg>
  `;
}
