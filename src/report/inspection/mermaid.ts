import { requireTree } from '../../model/single-tree.js';
import type { Inspection } from './inspection.js';
import { describeNode, rowsInWords } from './node-words.js';

/** The tree as a Mermaid flowchart. Nodes on the path of an explained row have a thick border. */
export function inspectionMermaid({ model, pathNodes }: Inspection): string {
  const { left, nodeCount, right } = requireTree(model, 'a drawing of the tree').tree;
  const lines = ['flowchart TD'];
  for (let node = 0; node < nodeCount; node++) {
    const words = describeNode(model, node);
    const { label, test } = words;
    const rows = rowsInWords(words, model.classes.map(entities));
    const text = `"${entities(test?.left ?? label)}<br>[${rows}]"`;
    lines.push(test === null ? `  n${node}(${text})` : `  n${node}[${text}]`);
    if (test !== null) lines.push(`  n${node} -->|yes| n${left[node]}`, `  n${node} -->|no| n${right[node]}`);
  }
  if (pathNodes.size > 0) {
    lines.push(
      '  classDef path stroke-width:4px',
      `  class ${[...pathNodes].map((node) => `n${node}`).join(',')} path`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Text in which all that Mermaid or HTML could read as syntax is a numbered entity of Mermaid's: #35; is #. */
export function entities(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._,()-]/gu, (character) => `#${character.codePointAt(0)};`);
}
