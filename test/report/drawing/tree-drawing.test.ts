import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import type { Model } from '../../../src/model/model.js';
import { type TreeDrawingOptions, treeSvg } from '../../../src/report/drawing/tree-drawing.js';
import { modelParts } from '../../arbitraries/model.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained } from '../../model/trained-parts.js';
import { byClass, byName, childrenNamed, descendants, type Element, parseElements, textOf } from '../elements.js';

function draw(model: Model, options: TreeDrawingOptions = {}): Element {
  return parseElements(treeSvg(model, options)).children[0];
}

/** The group of one node, by how its tooltip begins. */
function nodeNamed(svg: Element, title: string): Element {
  const found = byName(svg, 'g').filter((group) =>
    childrenNamed(group, 'title').some(({ text }) => text.startsWith(title)),
  );
  expect(found.map(textOf).length, title).toBe(1);
  return found[0];
}

/** Boxes of a path of `Mx yhwvhh-wz` pieces. */
function boxesOf(path: Element): { x: number; y: number; width: number; height: number }[] {
  const pieces = (path.attributes.get('d') ?? '').matchAll(/M([-\d.e]+) ([-\d.e]+)h([-\d.e]+)v([-\d.e]+)h[-\d.e]+z/g);
  return [...pieces].map(([, x, y, width, height]) => ({ x: +x, y: +y, width: +width, height: +height }));
}

/** Bars of the histogram, without the strip of class shares below it. */
function barsOf(node: Element, kind: string): { x: number; y: number; width: number; height: number }[] {
  return byName(node, 'path')
    .filter((path) => path.attributes.get('class') === kind)
    .flatMap(boxesOf)
    .filter(({ y }) => y < 90);
}

/** A tree that asks one feature again and again: `splits` questions, each with a leaf at its left. */
function chain(splits: number): Model {
  const parts = toyParts();
  const nodeCount = 2 * splits + 1;
  const isSplit = (node: number) => node % 2 === 0 && node < nodeCount - 1;
  const counts = Array.from({ length: nodeCount }, (_, node) =>
    node % 2 === 1 ? [1, 0] : [splits - node / 2, node === nodeCount - 1 ? 1 : 1],
  );
  const ofNodes = (value: (node: number) => number) => Array.from({ length: nodeCount }, (_, node) => value(node));
  const tree = {
    nodeCount,
    classCount: 2,
    featureCount: 3,
    feature: Int32Array.from(ofNodes((node) => (isSplit(node) ? 0 : -1))),
    threshold: Float64Array.from(ofNodes((node) => (isSplit(node) ? 0.5 + node / nodeCount : 0))),
    categories: ofNodes(() => 0).map(() => null),
    left: Int32Array.from(ofNodes((node) => (isSplit(node) ? node + 1 : -1))),
    right: Int32Array.from(ofNodes((node) => (isSplit(node) ? node + 2 : -1))),
    missingLeft: new Uint8Array(nodeCount),
    counts: Uint32Array.from(counts.flat()),
    impurity: new Float64Array(nodeCount),
  };
  const rows = splits + 1;
  const histogram = { edges: [0, 3], counts: [[splits, 1]] };
  const features = parts.features.map((feature) =>
    feature.kind === 'number'
      ? { ...feature, min: 0, max: 3, missing: 0, histogram }
      : {
          ...feature,
          missing: 0,
          histogram: {
            counts: [
              [splits, 1],
              [0, 0],
              [0, 0],
            ],
          },
        },
  );
  return assembleTrained({
    ...parts,
    features,
    tree,
    training: { ...parts.training, rows: { train: rows, holdout: 5 } },
  });
}

describe('the drawing of a tree', () => {
  const toy = assembleTrained(toyParts());

  it('has a name and a description for those who do not see it', () => {
    const svg = draw(toy);
    expect(svg.attributes.get('role')).toBe('img');
    const [title, description] = svg.children;
    expect(svg.attributes.get('aria-labelledby')).toBe(title.attributes.get('id'));
    expect(svg.attributes.get('aria-describedby')).toBe(description.attributes.get('id'));
    expect(title.text).toBe('Decision tree for sold');
    expect(description.text).toBe(
      '7 nodes, 4 leaves, depth 2, grown from 20 rows of no, yes. The first question: size ≤ 1.5.',
    );
  });

  it('names each question and each answer, with the training rows behind it', () => {
    const svg = draw(toy);
    expect(nodeNamed(svg, 'size ≤ 1.5; 20 rows: no 9, yes 11')).toBeDefined();
    expect(nodeNamed(svg, 'color in {blue, red}; 11 rows: no 7, yes 4')).toBeDefined();
    expect(nodeNamed(svg, 'weight ≤ 10; 9 rows: no 2, yes 7')).toBeDefined();
    expect(textOf(nodeNamed(svg, '5 rows: no 1, yes 4'))).toMatch(/yes.*5 rows.*80 %/s);
    const labels = byClass(svg, 'halo').map(textOf);
    expect(labels.map((text) => text.split(' ≤')[0])).toHaveLength(6);
    expect(byClass(svg, 'halo').map(({ children }) => children[0].text)).toEqual([
      '≤ 1.5',
      '> 1.5',
      'blue, red or missing',
      'green',
      '≤ 10 or missing',
      '> 10',
    ]);
  });

  it('stacks the histogram of the feature by class', () => {
    const root = nodeNamed(draw(toy), 'size ≤ 1.5');
    const [no, yes] = ['k0', 'k1'].map((kind) => barsOf(root, kind));
    const unit = no[0].height / 3;
    expect(no.map(({ height }) => height / unit)).toEqual([3, 4, 2].map((count) => expect.closeTo(count, 1)));
    expect(yes.map(({ height }) => height / unit)).toEqual([1, 3, 7].map((count) => expect.closeTo(count, 1)));
    for (const [bin, { y }] of no.entries()) expect(yes[bin].y + yes[bin].height).toBeCloseTo(y, 1);
    expect(no.map(({ x }) => x)).toEqual(yes.map(({ x }) => x));
  });

  it('marks the threshold where it lies between the edges of the histogram', () => {
    const root = nodeNamed(draw(toy), 'size ≤ 1.5');
    const [first, second] = barsOf(root, 'k0');
    const [mark] = byClass(root, 'mark');
    // 1.5 is in the middle of the second bin, [1, 2).
    const step = second.x - first.x;
    expect(Number(mark.attributes.get('x1'))).toBeCloseTo(second.x + step / 2, 1);
    expect(byClass(root, 'strong').map(textOf)).toEqual(['size', '1.5']);
  });

  it('puts the categories that go left to the left of the line', () => {
    const split = nodeNamed(draw(toy), 'color in {blue, red}');
    const labels = byClass(split, 'middle').map(textOf);
    expect(labels).toEqual(['blue', 'red', 'green']);
    const at = Number(byClass(split, 'mark')[0].attributes.get('x1'));
    const bars = barsOf(split, 'k0');
    expect(bars.map(({ width, x }) => x + width < at)).toEqual([true, true, false]);
    const unit = bars[0].height / 4;
    expect(bars.map(({ height }) => height / unit)).toEqual([4, 3, 2].map((count) => expect.closeTo(count, 1)));
  });

  it('lets the bars fade that no row of the node can be in', () => {
    const parts = toyParts();
    parts.tree.feature[4] = 0;
    parts.tree.threshold[4] = 2.5;
    parts.tree.missingLeft[4] = 0;
    const node = nodeNamed(draw(assembleTrained(parts)), 'size ≤ 2.5');
    // Above 1.5: the bins [1, 2) and [2, 3.5] are left.
    expect(barsOf(node, 'k0')).toHaveLength(2);
    expect(barsOf(node, 'k0 faint')).toHaveLength(1);
  });

  it('takes an edge of a bin for what a threshold on it lets through', () => {
    // Bins hold their lower edge: 2 is in [2, 3.5], and goes left of a threshold of 2.
    const parts = toyParts();
    parts.tree.feature.set([0, 0], 0);
    parts.tree.feature[4] = 0;
    parts.tree.threshold.set([2, 1.5], 0);
    parts.tree.threshold[4] = 2.5;
    parts.tree.missingLeft.fill(0);
    const svg = draw(
      assembleTrained({ ...parts, tree: { ...parts.tree, categories: parts.tree.categories!.map(() => null) } }),
    );
    expect(barsOf(nodeNamed(svg, 'size ≤ 1.5'), 'k0 faint')).toEqual([]);
    expect(barsOf(nodeNamed(svg, 'size ≤ 2.5'), 'k0 faint')).toHaveLength(2);
  });

  it('lights the path of a row and dims the rest', () => {
    const answers = createClassifier(toy).explainer!.pathOf(Float64Array.of(1, 5, 0));
    const svg = draw(toy, { answers });
    const isDim = (title: string) => nodeNamed(svg, title).attributes.has('opacity');
    expect(isDim('size ≤ 1.5')).toBe(false);
    expect(isDim('color in')).toBe(false);
    expect(isDim('6 rows: no 6')).toBe(false);
    expect(isDim('weight')).toBe(true);
    expect(isDim('5 rows')).toBe(true);
    expect(textOf(nodeNamed(svg, 'size'))).toContain('= 1');
    expect(textOf(nodeNamed(svg, 'color'))).toContain('= blue');
    expect(childrenNamed(svg, 'desc')[0].text).toContain(
      'The highlighted path: size ≤ 1.5, color blue, red or missing, predicts no.',
    );
  });

  it('points at the value of the row that is followed', () => {
    const model = assembleTrained(toyParts());
    const svg = draw(model, { answers: createClassifier(model).explainer!.pathOf(Float64Array.of(1, 5, 2)) });
    const [size, color] = ['size', 'color'].map((name) => nodeNamed(svg, name));
    const pointer = (node: Element) =>
      Number(/^M([\d.]+)/.exec(byClass(node, 'ink')[0].attributes.get('d') ?? '')?.[1]) + 5;
    expect(pointer(size)).toBeCloseTo(barsOf(size, 'k0')[1].x, 1);
    const red = barsOf(color, 'k0')[1];
    expect(pointer(color)).toBeCloseTo(red.x + red.width / 2, 1);
  });

  it('says that a value is missing or unknown, and points nowhere', () => {
    const svg = draw(toy, { answers: createClassifier(toy).explainer!.pathOf(Float64Array.of(2, Number.NaN, 0)) });
    const node = nodeNamed(svg, 'weight');
    expect(textOf(node)).toContain('= missing');
    expect(byClass(node, 'ink')).toEqual([]);
  });

  it('draws a tree of one leaf', () => {
    const parts = toyParts();
    const tree = {
      ...parts.tree,
      nodeCount: 1,
      feature: Int32Array.of(-1),
      threshold: Float64Array.of(0),
      categories: [null],
      left: Int32Array.of(-1),
      right: Int32Array.of(-1),
      missingLeft: Uint8Array.of(0),
      counts: Uint32Array.of(9, 11),
      impurity: Float64Array.of(0.495),
    };
    const svg = draw(assembleTrained({ ...parts, tree }));
    expect(textOf(nodeNamed(svg, '20 rows: no 9, yes 11'))).toContain('55 %');
  });

  it('is lines of text instead of cards above 31 nodes', () => {
    expect(byClass(draw(chain(15)), 'card')).toHaveLength(31);
    const svg = draw(chain(16));
    expect(byClass(svg, 'card')).toEqual([]);
    expect(byName(svg, 'title').filter(({ text }) => / rows?: /.test(text))).toHaveLength(33);
    expect(byClass(svg, 'halo').map(textOf).sort()).toEqual([...Array(16).fill('no'), ...Array(16).fill('yes')]);
  });

  it('folds branches above 511 nodes, and never one on the path', () => {
    const model = chain(400);
    const svg = draw(model);
    const nodes = byName(svg, 'title').filter(({ text }) => / rows?: /.test(text));
    expect(nodes).toHaveLength(511);
    expect(nodes.filter(({ text }) => text.startsWith('290 nodes below'))).toHaveLength(1);
    const lit = draw(model, { answers: createClassifier(model).explainer!.pathOf(Float64Array.of(3, 0, 0)) });
    expect(childrenNamed(lit, 'desc')[0].text).toMatch(/predicts yes\.$/);
    expect(byName(lit, 'title').filter(({ text }) => text.includes('nodes below'))).toEqual([]);
  });

  it('has colours for light and dark ground in itself, and asks for nothing outside', () => {
    const svg = treeSvg(toy);
    expect(svg).toContain('@media screen and (prefers-color-scheme:dark){');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import|<script|href/);
  });

  it('keeps hostile names as text', () => {
    const parts = toyParts();
    const hostile = '</text><script>alert("1")</script>';
    const features = parts.features.map((feature, index) => ({ ...feature, name: `${hostile}${index}` }));
    const svg = draw(assembleTrained({ ...parts, features, classes: [`${hostile} & co`, hostile] }));
    expect(byName(svg, 'script')).toEqual([]);
    expect(childrenNamed(svg, 'desc')[0].text).toContain(`of ${hostile} & co, ${hostile}.`);
  });

  it('is well-formed for any model, without a number that is none', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const svg = draw(assembleTrained(parts));
        const ids = descendants(svg).flatMap(({ attributes }) => attributes.get('id') ?? []);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { attributes } of descendants(svg)) {
          for (const [name, value] of attributes)
            if (name !== 'id') expect(value).not.toMatch(/NaN|Infinity|undefined/);
        }
      }),
    );
  });

  it('cuts long names in the middle so that they stay different, and never a threshold or a number of rows', () => {
    const prefix = 'average_daily_temperature_of_the_sensor_in_the_northern_building_';
    const parts = toyParts();
    const names = ['kitchen_2019', 'of_it', 'kitchen_2020'].map((end) => `${prefix}${end}`);
    const classes = ['a customer who renewed the contract early', 'a customer who renewed the contract late'];
    const features = parts.features.map((feature, index) => ({ ...feature, name: names[index] }));
    const tree = {
      ...parts.tree,
      threshold: parts.tree.threshold.map((value) => (value === 1.5 ? 1234567.125 : value)),
    };
    const model = assembleTrained({ ...parts, classes, features, tree });
    const texts = (svg: Element) => byName(svg, 'text').map((text) => text.children.at(-1)?.text ?? text.text);
    const cards = byClass(draw(model), 'strong').map(textOf);
    expect(cards).toEqual(expect.arrayContaining([expect.stringMatching(/^av.*…\w*2019$/)]));
    expect(new Set(cards.filter((text) => text.startsWith('av'))).size).toBe(3);
    const unknown = { ...model, provenance: { ...model.provenance, summaries: null } };
    const lines = texts(draw(unknown));
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^av.*…\w*2019 ≤ 1234567\.125$/),
        expect.stringMatching(/^av.*…\w*of_it ≤ 10$/),
        expect.stringMatching(/….*early · 6$/),
        expect.stringMatching(/….*late · 7$/),
      ]),
    );
  });
});
