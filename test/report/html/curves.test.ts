import { describe, expect, it } from 'vitest';
import { measure } from '../../../src/evaluation/measurement.js';
import { tallyOf } from '../../../src/evaluation/tally.js';
import { runSteps } from '../../../src/model/steps.js';
import { byClass, byName, textOf } from '../elements.js';
import { report, section } from './pages.js';

describe('the curves of the report page', () => {
  it('draws a curve for each class', () => {
    const curves = section(report(), 'curves');
    const [roc, precisionRecall] = byName(curves, 'svg').filter(({ attributes }) => attributes.has('role'));
    for (const plot of [roc, precisionRecall]) {
      for (const kind of ['s0', 's1']) expect(byClass(plot, kind)).toHaveLength(1);
    }
    // no: 0.75 for three rows (two of them right), 0.25 for one: (0, 0), (1/2, 1), (1, 1) on a plot 294 x 282 wide.
    expect(byClass(roc, 's0')[0].attributes.get('d')).toBe('M54,292L201,10L348,10');
    expect(textOf(byName(roc, 'desc')[0])).toContain('no 0.750, yes 0.750');
  });

  it('draws precision as steps that reach back to the recall before them', () => {
    const curves = section(report(), 'curves');
    const [, plot] = byName(curves, 'svg').filter(({ attributes }) => attributes.has('role'));
    // no: recall 1 at precision 2/3, then precision 1/2. yes: recall 1/2 at precision 1, then recall 1 at 1/2.
    expect(byClass(plot, 's0')[0].attributes.get('d')).toBe('M54,104L54,104L348,104L348,151L348,151');
    expect(byClass(plot, 's1')[0].attributes.get('d')).toBe('M54,10L54,10L201,10L201,151L348,151');
  });

  it('keeps every turn of a curve that can be seen', () => {
    // Forty shares: at each the curve turns, about 15 pixels from the last turn.
    const rows = Array.from({ length: 40 }, (_, row) => row);
    const measured = runSteps(
      measure(
        tallyOf(
          {
            labels: rows.map((row) => row % 2),
            predicted: rows.map(() => 0),
            shares: Float64Array.from(rows.flatMap((row) => [0.5 + row / 100, 0.5 - row / 100])),
          },
          ['no', 'yes'],
        ),
        0,
      ),
    );
    const [roc] = byName(section(report({ measured }), 'curves'), 'svg').filter(({ attributes }) =>
      attributes.has('role'),
    );
    expect(byClass(roc, 's0')[0].attributes.get('d')?.match(/[ML]/g)).toHaveLength(41);
  });
});
