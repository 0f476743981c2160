import { plural } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { requireTree } from '../../model/single-tree.js';
import { splitWords } from '../../model/split-words.js';
import { treeSize } from '../../model/tree-size.js';
import type { TreeAnswers } from '../../tree/answers.js';
import { type Branch, outlineOf } from '../drawing/outline.js';
import { drawTree } from '../drawing/tree-drawing.js';
import { type Markup, markup } from '../markup.js';
import { classLegend, type Section, scrollable } from './parts.js';

/** A page stays small: more nodes are folded. */
const MOST_NODES = 151;

export function treeSection(model: Model): Section {
  const { rootX, showsHistograms, svg, tooWideForPaper } = drawTree(model, { limit: MOST_NODES });
  const answers = requireTree(model, 'a drawing of the tree');
  const outline = outlineOf(answers, MOST_NODES);
  return {
    id: 'tree-section',
    title: 'The tree',
    content: [
      markup`<p class="quiet">${introduce(answers, showsHistograms)}</p>`,
      classLegend(model.classes),
      scrollable('Drawing of the tree', [rootMark(rootX), svg], drawingKind(tooWideForPaper)),
      treeInWords(model, answers, outline),
    ],
  };
}

function introduce({ tree }: TreeAnswers, showsHistograms: boolean): string {
  const { depth, leaves, nodes } = treeSize(tree);
  const sentences = [`${plural(nodes, 'node')}, ${plural(leaves, 'leaf', 'leaves')}, depth ${depth}.`];
  if (nodes > MOST_NODES) sentences.push('Branches with the fewest rows are folded.');
  if (showsHistograms) {
    sentences.push('A histogram shows all training rows; it is faint where earlier questions let no row through.');
  } else sentences.push('Bars are class shares, numbers behind classes are training rows.');
  return sentences.join(' ');
}

/** CSS classes of the box of a drawing. */
export function drawingKind(tooWideForPaper: boolean): string {
  return tooWideForPaper ? 'drawing screen-only' : 'drawing';
}

/** The drawing as a list, folded on screens; on paper it is open, and stands for a drawing that is too wide. */
export function treeInWords(model: Model, answers: TreeAnswers, outline: Branch): Markup {
  const list = markup`<ul class="outline">${inWords(model, answers, outline)}</ul>`;
  return markup`
    <details><summary>The same tree in words</summary>${scrollable('The tree in words', list)}</details>
  `;
}

/** Where the drawing is too wide, it is scrolled to its root at first: an empty mark stands half a window left of it. */
function rootMark(rootX: number): Markup {
  return markup`<i class="root" style="--root:${rootX}px"></i>`;
}

function inWords(model: Model, { classes, samples, tree }: TreeAnswers, root: Branch): Markup {
  const draw = ({ children, folded, node }: Branch, lead: string): Markup => {
    const rows = plural(samples[node], 'row');
    const answer = folded > 0 ? `${plural(folded, 'node')} below` : model.classes[classes[node]];
    if (children.length === 0) return markup`<li>${lead}<b>${answer}</b>, ${rows}</li>`;
    const { left, right } = splitWords(tree, model, node);
    const { name } = model.features[tree.feature[node]];
    const verb = model.features[tree.feature[node]].kind === 'category' ? ' is' : '';
    const [yes, no] = [draw(children[0], `${name}${verb} ${left}: `), draw(children[1], `${name}${verb} ${right}: `)];
    return markup`<li>${lead}${rows}<ul>${yes}${no}</ul></li>`;
  };
  return draw(root, '');
}
