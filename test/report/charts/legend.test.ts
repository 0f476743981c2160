import { describe, expect, it } from 'vitest';
import { drawLegend } from '../../../src/report/charts/legend.js';
import { markup } from '../../../src/report/markup.js';
import { byName, parseElements, textOf } from '../elements.js';

function legend(classes: readonly string[], width: number) {
  const { content, height } = drawLegend(classes, width);
  return { svg: parseElements(markup`${content}`.markup), height };
}

describe('the legend of a drawing', () => {
  it('gives each class its colour, and the colours again after the tenth', () => {
    const { svg } = legend(
      Array.from({ length: 11 }, (_, index) => `class ${index}`),
      5000,
    );
    const kinds = byName(svg, 'rect').map(({ attributes }) => attributes.get('class'));
    expect(kinds).toEqual([...Array(10).keys(), 0].map((index) => `k${index}`));
  });

  it('goes on in a new line where the first is full', () => {
    const one = legend(['setosa', 'versicolor'], 400);
    const two = legend(['setosa', 'versicolor'], 100);
    expect(new Set(byName(one.svg, 'rect').map(({ attributes }) => attributes.get('y'))).size).toBe(1);
    expect(byName(two.svg, 'rect').map(({ attributes }) => attributes.get('y'))).toEqual(['1', '21']);
    expect(two.height - one.height).toBe(20);
  });

  it('counts the classes above forty', () => {
    const { svg } = legend(
      Array.from({ length: 45 }, (_, index) => `class ${index}`),
      300,
    );
    expect(byName(svg, 'rect')).toHaveLength(40);
    expect(textOf(svg)).toContain('and 5 more classes');
  });
});
