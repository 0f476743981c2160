import { plural } from '../../ground/quote.js';
import { fillOf } from '../charts/palette.js';
import { shareBar } from '../charts/stacked-bars.js';
import { percent, STRONG } from '../charts/text.js';
import { type Markup, markup } from '../markup.js';
import { countWords, type DrawnTree } from './drawn-tree.js';
import { strokeWidth } from './split-card.js';

export const LEAF_WIDTH = 136;
export const LEAF_HEIGHT = 62;

const LEFT = 12;
const RIGHT = LEAF_WIDTH - 12;

/**
 * A leaf: the predicted class, the class shares and the number of training rows; or, with a dashed border, a folded
 * branch. The card's origin is its upper left corner.
 */
export function leafCard(drawn: DrawnTree, node: number, folded: number): Markup {
  const index = drawn.classAt(node);
  const on = drawn.isOnPath(node);
  const swatch =
    folded > 0 ? null : markup`<rect class="${fillOf(index)}" x="${LEFT}" y="11" width="10" height="10" rx="3"/>`;
  const dashes = folded > 0 ? markup` stroke-dasharray="4 3"` : null;
  const shares = drawn.sharesAt(node);
  const from = folded > 0 ? LEFT : LEFT + 16;
  const below = `${plural(folded, 'node')} below`;
  const name = folded > 0 ? below : drawn.className(index, RIGHT - from, STRONG);
  return markup`
    <title>${folded > 0 ? `${below}; ` : ''}${countWords(drawn, node)}</title>
    <rect class="card${on ? ' on' : ''}" width="${LEAF_WIDTH}" height="${LEAF_HEIGHT}"
      rx="8"${strokeWidth(on)}${dashes}/>
    ${swatch}
    <text class="strong" x="${from}" y="20">${name}</text>
    ${shareBar(shares, LEFT, 28, RIGHT - LEFT, 9)}
    <text class="small quiet" x="${LEFT}" y="52">${plural(drawn.rowsAt(node), 'row')}</text>
    <text class="small quiet end" x="${RIGHT}" y="52">${percent(shares[index])}</text>
  `;
}
