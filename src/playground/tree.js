/** Highlights the path of a row in the drawing of the tree. */

/** @param {HTMLElement} drawing with data-parents: pairs of a drawn node and its parent */
export function createTree(drawing) {
  const parents = new Map(JSON.parse(drawing.dataset.parents));
  const drawn = [0, ...parents.keys()].sort((a, b) => a - b);
  const scroller = drawing.querySelector('.scroll');
  const marks = Map.groupBy(drawing.querySelectorAll('[data-node]'), ({ dataset }) => Number(dataset.node));
  const svg = drawing.querySelector('svg');
  svg.classList.add('following');
  reveal(scroller, marks.get(0).at(-1), 'instant');
  let lit = [];
  // It begins at the root: only what a person changes moves it.
  let moves = false;
  return {
    /** @param {number} leaf its node */
    light(leaf) {
      for (const mark of lit) mark.classList.remove('lit');
      const path = [];
      // Nodes are in preorder: a leaf in a folded branch comes after the branch's root and before the next drawn node.
      const last = drawn.findLast((node) => node <= leaf);
      for (let node = last; node !== undefined; node = parents.get(node)) path.push(node);
      lit = path.flatMap((node) => marks.get(node) ?? []);
      for (const mark of lit) mark.classList.add('lit');
      if (moves) reveal(scroller, marks.get(last).at(-1));
      moves = true;
    },
  };
}

/** Scrolls the drawing, not the page, until a mark is visible. */
function reveal(scroller, mark, behavior = 'smooth') {
  const [box, window] = [mark.getBoundingClientRect(), scroller.getBoundingClientRect()];
  if (box.left >= window.left && box.right <= window.right) return;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const left = scroller.scrollLeft + (box.left + box.right) / 2 - (window.left + window.right) / 2;
  scroller.scrollTo({ left, behavior: calm ? 'instant' : behavior });
}
