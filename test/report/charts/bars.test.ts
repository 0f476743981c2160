import { describe, expect, it } from 'vitest';
import { barRows } from '../../../src/report/charts/bar-rows.js';
import { numberBars, valuePosition } from '../../../src/report/charts/feature-histogram.js';
import { shareBar, stackedBars } from '../../../src/report/charts/stacked-bars.js';
import type { DescribedNumber } from '../../../src/report/described-feature.js';
import { byClass, byName, parseElements, textOf } from '../elements.js';

function feature(edges: number[], counts: number[][]): DescribedNumber {
  return {
    name: 'x',
    kind: 'number',
    min: edges[0],
    max: edges[edges.length - 1],
    spread: 1,
    missing: 0,
    histogram: { edges, counts },
  };
}

describe('the bars of a histogram', () => {
  it('lie between the edges of their bins', () => {
    const bars = numberBars(feature([0, 1, 2, 4], [[1], [2], [3]]), 10, 50);
    expect(bars.map(({ x }) => x)).toEqual([10, 20, 30]);
    // One pixel apart from the next one.
    expect(bars.map(({ width }) => width)).toEqual([9, 9, 19]);
  });

  it('fill the plot where there is one value only', () => {
    const single = feature([7, 7], [[3, 1]]);
    expect(numberBars(single, 10, 50)).toEqual([{ x: 10, width: 40, counts: [3, 1], faint: false }]);
    expect(valuePosition(single, 10, 50)(7)).toBe(30);
  });

  it('have a place for values as far apart as doubles can be', () => {
    const position = valuePosition(feature([-Number.MAX_VALUE, Number.MAX_VALUE], [[1]]), 0, 100);
    expect([-Number.MAX_VALUE, 0, Number.MAX_VALUE].map(position)).toEqual([0, 50, 100]);
  });

  it('keep a value outside the range at the edge', () => {
    const position = valuePosition(feature([0, 1], [[1]]), 0, 100);
    expect([-5, 9].map(position)).toEqual([0, 100]);
  });
});

describe('stacked bars', () => {
  it('are one path for each colour, the first class lowest', () => {
    const bars = [
      { x: 0, width: 10, counts: [1, 3] },
      { x: 20, width: 10, counts: [2, 0], faint: true },
    ];
    expect(stackedBars(bars, 100, 80).map(({ markup }) => markup)).toEqual([
      '<path class="k0" d="M0 80h10v20h-10z"/>',
      '<path class="k1" d="M0 20h10v60h-10z"/>',
      '<path class="k0 faint" d="M20 60h10v40h-10z"/>',
    ]);
  });

  it('are nothing for a histogram without rows', () => {
    expect(stackedBars([{ x: 0, width: 10, counts: [0, 0] }], 100, 80)).toEqual([]);
  });

  it('show shares side by side, the smallest together in grey', () => {
    const shares = [0.5, 0.003, 0.494, 0.003];
    expect(shareBar(shares, 0, 0, 100, 8).map(({ markup }) => markup)).toEqual([
      '<path class="k0" d="M0 0h50v8h-50z"/>',
      '<path class="k2" d="M50 0h49.4v8h-49.4z"/>',
      '<path class="soft" d="M99.4 0h0.6v8h-0.6z"/>',
    ]);
  });
});

describe('rows of bars', () => {
  const texts = { id: 'bars', title: 'Bars', description: 'Some.', domain: [-1, 1] as const };

  it('begin at zero, also for a negative value, and carry their range', () => {
    const range = { lower: -0.75, upper: -0.25 };
    const bars = [
      { name: 'up', value: 0.5, text: '0.500', fill: 'k0' },
      { name: 'down', value: -0.5, text: '-0.500', fill: 'k1', range },
    ];
    const svg = parseElements(barRows(texts, [{ bars }]).markup);
    const [up, down] = byName(svg, 'rect').map(({ attributes }) =>
      ['x', 'width'].map((name) => Number(attributes.get(name))),
    );
    // The plot is from 116 to 306 wide, zero in the middle.
    expect([up, down]).toEqual([
      [211, 47.5],
      [163.5, 47.5],
    ]);
    expect(byClass(svg, 'mark').map(({ attributes }) => attributes.get('d'))).toEqual([
      'M139.75 29v7M139.75 32.5H187.25M187.25 29v7',
    ]);
  });

  it('say why there is no bar', () => {
    const bars = [{ name: 'recall', value: null, text: 'undefined: no row', fill: 'k0' }];
    const svg = parseElements(barRows(texts, [{ title: 'yes', bars }]).markup);
    expect(byName(svg, 'rect')).toEqual([]);
    expect(textOf(svg)).toContain('undefined: no row');
  });
});
