import { requireTree } from '../../model/single-tree.js';
import type { Inspection } from './inspection.js';
import { describeNode, rowsInWords } from './node-words.js';

/** Fill colours of leaves, one per class in turn: light, so that black text reads on them. */
const FILLS = ['#cfe2f3', '#fce5cd', '#d9ead3', '#ead1dc', '#d0e0e3', '#f4cccc'];

/** The tree in the DOT language of Graphviz. Nodes on the path of an explained row have a thick border. */
export function inspectionDot({ model, pathNodes }: Inspection): string {
  const { left, nodeCount, right } = requireTree(model, 'a drawing of the tree').tree;
  const lines = [
    'digraph tree {',
    '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];',
    '  edge [fontname="sans-serif"];',
  ];
  for (let node = 0; node < nodeCount; node++) {
    const words = describeNode(model, node);
    const { label, test } = words;
    const rows = rowsInWords(words, model.classes);
    const width = pathNodes.has(node) ? ', penwidth=3' : '';
    const text = quoteDot(`${test?.left ?? label}\n[${rows}]`);
    const fill = test === null ? `, fillcolor="${FILLS[model.classes.indexOf(label) % FILLS.length]}"` : '';
    lines.push(`  ${node} [label=${text}${fill}${width}];`);
    if (test === null) continue;
    for (const [child, answer] of [
      [left[node], 'yes'],
      [right[node], 'no'],
    ]) {
      lines.push(`  ${node} -> ${child} [label="${answer}"${pathNodes.has(child as number) ? ', penwidth=3' : ''}];`);
    }
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

/** A quoted string of DOT: a backslash would begin an escape. */
export function quoteDot(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
