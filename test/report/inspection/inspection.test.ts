import { describe, expect, it } from 'vitest';
import { changesJson, changesText } from '../../../src/report/inspection/changes.js';
import { renderInspection } from '../../../src/report/inspection/formats.js';
import { type Inspection, inspectionJson } from '../../../src/report/inspection/inspection.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained, type TrainedParts } from '../../model/trained-parts.js';

const toy = assembleTrained(toyParts());

function inspection(pathNodes: number[] = [], change: Partial<TrainedParts> = {}): Inspection {
  const model = assembleTrained({ ...toyParts(), ...change });
  return { path: 'toy.json', model, importances: [0.25, 0.65, 0.1], pathNodes: new Set(pathNodes) };
}

describe('a model as text', () => {
  it('shows the tree, the importances, the record and the metrics', () => {
    expect(renderInspection(inspection(), 'text', 'plain')).toBe(`\
model    toy.json
version  ${toy.version} (sha256 ${toy.sha256})
classes  no, yes
tree     7 nodes, 4 leaves, depth 2; [rows per class]

20 training rows                         [9, 11]
├── size <= 1.5                          [7, 4]
│   ├── color in {blue, red} or missing  [6, 0]  no
│   └── color in {green}                 [1, 4]  yes
└── size > 1.5                           [2, 7]
    ├── weight <= 10 or missing          [2, 0]  no
    └── weight > 10                      [0, 7]  yes

importances
  weight  0.6500  ████████████████████
  size    0.2500  ████████
  color   0.1000  ███

training
  engine               cart/1
  criterion            gini
  maxDepth             no bound
  minSamplesSplit      2
  minSamplesLeaf       1
  maxLeafNodes         no bound
  minImpurityDecrease  0
  classWeight          every class weighs 1
  ccpAlpha             0
  target               sold
  seed                 0
  holdout              0.2
  partition            hash-rank/1
  rows                 train 20, holdout 5
  dataSha256           ${'0123456789abcdef'.repeat(4)}

metrics
            training rows  held-out rows
  accuracy         0.9500         0.8000
  log loss         0.1250         0.5000
`);
  });

  it('marks the path of an explained row', () => {
    const marked = renderInspection(inspection([0, 4, 6]), 'text', 'plain')
      .split('\n')
      .filter((line) => line.startsWith('* '));
    expect(marked.map((line) => line.replace(/ +\[.*/, ''))).toEqual([
      '* 20 training rows',
      '* └── size > 1.5',
      '*     └── weight > 10',
    ]);
  });

  it('draws bars in the colours of the classes for a terminal', () => {
    const text = renderInspection(inspection(), 'text', 'colour');
    // Of 12 blocks 1/5 and 4/5: 2.4 and 9.6, the larger remainder gets the block that is left.
    expect(text).toContain('\u001b[34m██\u001b[0m\u001b[33m██████████\u001b[0m  [1, 4]  \u001b[33myes\u001b[0m\n');
    expect(text).toContain('\u001b[34m████████████\u001b[0m  [6, 0]  \u001b[34mno\u001b[0m\n');
  });

  it('goes by the class weights', () => {
    const training = { ...toyParts().training, classWeight: [10, 1] };
    const text = renderInspection(inspection([], { training }), 'text', 'plain');
    expect(text).toMatch(/color in \{green\} +\[1, 4\] {2}no\n/);
    expect(text).toContain('\n  classWeight          no=10, yes=1\n');
  });

  it('shows control characters and does not send them', () => {
    const features = toyParts().features.map((feature) => ({ ...feature, name: `${feature.name}\u001b[2J\n` }));
    const evil = inspection([], { features, classes: ['no', 'y\u202ees\r'] });
    const text =
      renderInspection(evil, 'text', 'plain') + changesText({ before: evil, after: { ...evil, model: toy } });
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(text).toContain(String.raw`size\u001b[2J\u000a <= 1.5`);
    expect(text).toContain(String.raw`y\u202ees\u000d`);
  });

  it('keeps lines short, and in them the threshold and where missing values go', () => {
    const colours = ['blue', 'green', 'red'].map((name) => `${name}-${'x'.repeat(60)}`);
    const features = toyParts().features.map((feature) => ({
      ...feature,
      ...(feature.kind === 'category' ? { categories: colours } : { name: `${feature.name}_${'y'.repeat(70)}` }),
    }));
    const lines = renderInspection(inspection([], { features }), 'text', 'plain').split('\n').slice(5, 12);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(110);
    const at = (row: number) => lines[row]!.replace(/ +\[.*$/, '');
    expect(at(1)).toBe(`├── size_${'y'.repeat(46)}…${'y'.repeat(17)} <= 1.5`);
    expect(at(2)).toMatch(/^│ {3}├── color in \{blue-x+…x+\} or missing$/);
    expect(at(6)).toMatch(/^ {4}└── weight_y+…y+ > 10$/);
  });

  it('says it plainly where only missing values are parted', () => {
    const { tree } = toyParts();
    const threshold = Float64Array.of(1.5, 0, 0, 0, Number.MAX_VALUE, 0, 0);
    const missingLeft = Uint8Array.of(0, 1, 0, 0, 0, 0, 0);
    const text = renderInspection(inspection([], { tree: { ...tree, threshold, missingLeft } }), 'text', 'plain');
    expect(text).toMatch(/├── weight has a value +\[2, 0\].*\n {4}└── weight is missing +\[0, 7\]/);
  });
});

describe('a model in other forms', () => {
  it('is JSON with the importances in falling order', () => {
    const { importances, ...json } = inspectionJson(inspection());
    expect(importances.map(({ feature }) => feature)).toEqual(['weight', 'size', 'color']);
    expect(Object.keys(json)).toEqual(['model', 'tree', 'features', 'classes', 'training', 'metrics']);
  });

  it('is a graph in DOT, with names quoted', () => {
    const features = toyParts().features.map((feature) => ({
      ...feature,
      name: feature.name.replace('size', 'a "b"\\'),
    }));
    const dot = renderInspection(inspection([0, 4, 6], { features }), 'dot', 'plain');
    expect(dot.split('\n').slice(3, 7)).toEqual([
      String.raw`  0 [label="a \"b\"\\ <= 1.5\n[9, 11]", penwidth=3];`,
      '  0 -> 1 [label="yes"];',
      '  0 -> 4 [label="no", penwidth=3];',
      String.raw`  1 [label="color in {blue, red} or missing\n[7, 4]"];`,
    ]);
    expect(dot).toContain('  2 [label="no\\n[6, 0]", fillcolor="#cfe2f3"];\n');
    expect(dot.endsWith('}\n')).toBe(true);
  });

  it('is a flowchart in Mermaid, with everything that could be syntax as an entity', () => {
    const features = toyParts().features.map((feature) => ({
      ...feature,
      name: feature.name.replace('size', 'a"]<b'),
    }));
    const mermaid = renderInspection(inspection([0, 1, 2], { features }), 'mermaid', 'plain');
    expect(mermaid.split('\n').slice(0, 4)).toEqual([
      'flowchart TD',
      '  n0["a#34;#93;#60;b #60;#61; 1.5<br>[9, 11]"]',
      '  n0 -->|yes| n1',
      '  n0 -->|no| n4',
    ]);
    expect(mermaid.endsWith('  classDef path stroke-width:4px\n  class n0,n1,n2 path\n')).toBe(true);
  });
});

describe('what changed between two models', () => {
  const { metrics, training, tree } = toyParts();
  const other = assembleTrained({
    ...toyParts(),
    tree: { ...tree, threshold: Float64Array.of(1.5, 0, 0, 0, 12, 0, 0) },
    training: { ...training, maxDepth: 2 },
    metrics: { ...metrics, holdout: { accuracy: 0.6, logLoss: 0.5 } },
  });
  const compared = { before: { path: 'a.json', model: toy }, after: { path: 'b.json', model: other } };

  it('is said in words', () => {
    expect(changesText(compared)).toBe(`\
before  a.json, version ${toy.version}
after   b.json, version ${other.version}

changed
  training.maxDepth: null → 2
  metrics.holdout.accuracy: 0.8 → 0.6

splits, by the path from the root
  size > 1.5: weight <= 10 or missing → weight <= 12 or missing
`);
  });

  it('has a JSON form', () => {
    expect(changesJson(compared)).toEqual({
      before: { path: 'a.json', sha256: toy.sha256, version: toy.version },
      after: { path: 'b.json', sha256: other.sha256, version: other.version },
      facts: [
        { path: 'training.maxDepth', before: null, after: 2 },
        { path: 'metrics.holdout.accuracy', before: 0.8, after: 0.6 },
      ],
      splits: [{ way: ['size > 1.5'], before: 'weight <= 10 or missing', after: 'weight <= 12 or missing' }],
    });
  });

  it('names the column that came and the one that went', () => {
    const parts = toyParts();
    const [first, ...others] = parts.features;
    const model = assembleTrained({ ...parts, features: [{ ...first!, name: 'height' }, ...others] });
    const { facts } = changesJson({ before: compared.before, after: { path: 'c.json', model } }) as {
      facts: { path: string }[];
    };
    expect(facts.map(({ path }) => path)).toEqual(['columns', `features.${first!.name}`, 'features.height']);
  });

  it('is nothing for the same model', () => {
    expect(changesText({ before: compared.before, after: compared.before })).toBe(`\
before  a.json, version ${toy.version}
after   a.json, version ${toy.version}
nothing changed
`);
  });
});
