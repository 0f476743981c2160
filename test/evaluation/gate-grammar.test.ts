import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GateSyntaxError, parseGate } from '../../src/evaluation/gate-grammar.js';
import { METRICS } from '../../src/evaluation/metrics.js';
import { UsageError } from '../../src/ground/errors.js';

const classes = ['setosa', 'Iris virginica', 'odd]name'];
const METRIC_LIST =
  'accuracy, balancedAccuracy, precisionMacro, recallMacro, f1Macro, precisionWeighted, recallWeighted, f1Weighted, mcc, kappa, logLoss, brier, rocAucOvrMacro, averagePrecisionMacro, calibrationError, top2Accuracy, top3Accuracy, unseen, oobAccuracy, and of one class precision[class], recall[class], f1[class]';

describe('a gate', () => {
  it.each([
    ['accuracy>=0.93', 'accuracy', 'value', '>=', false, 0.93],
    ['accuracy >= 1.01', 'accuracy', 'value', '>=', false, 1.01],
    [' logLoss < .5 ', 'logLoss', 'value', '<', false, 0.5],
    ['mcc>-1e-3', 'mcc', 'value', '>', false, -0.001],
    ['brier<=2', 'brier', 'value', '<=', false, 2],
    ['unseen<=0.01', 'unseen', 'value', '<=', false, 0.01],
    ['accuracy.lower>=0.85', 'accuracy', 'lower', '>=', false, 0.85],
    ['recall[setosa]>=0.9', 'recall[setosa]', 'value', '>=', false, 0.9],
    ['recall[ Iris virginica ].upper<1', 'recall[Iris virginica]', 'upper', '<', false, 1],
    ['f1["odd]name"]>0', 'f1[odd]name]', 'value', '>', false, 0],
    ['accuracy>=baseline', 'accuracy', 'value', '>=', true, 0],
    ['accuracy>=baseline-0.01', 'accuracy', 'value', '>=', true, -0.01],
    ['logLoss<=baseline + 1e-2', 'logLoss', 'value', '<=', true, 0.01],
  ])('%s is read', (text, name, part, operator, againstBaseline, offset) => {
    expect(parseGate(text, classes)).toEqual({ text, figure: { name, part }, operator, againstBaseline, offset });
  });

  it.each([
    ['', 0, `expected a metric (${METRIC_LIST}), found nothing`],
    ['acuracy>=0.9', 0, `expected a metric (${METRIC_LIST}), found "acuracy>=0.9"`],
    ['accuracy', 8, 'expected >=, <=, > or <, found nothing'],
    ['accuracy=>0.9', 8, 'expected >=, <=, > or <, found "=>0.9"'],
    ['accuracy>=', 10, 'expected a number or baseline, found nothing'],
    ['accuracy>=90%', 12, 'expected the end of the gate, found "%"'],
    ['accuracy>=1e999', 10, 'expected a number or baseline, found "1e999"'],
    ['accuracy>=0x1', 11, 'expected the end of the gate, found "x1"'],
    ['accuracy>=baselines', 10, 'expected a number or baseline, found "baselines"'],
    ['accuracy>=baseline*2', 18, 'expected + or - and a number, or the end of the gate, found "*2"'],
    ['accuracy>=baseline-', 19, 'expected a number, found nothing'],
    ['accuracy.middle>=0.5', 9, 'expected lower or upper, found "middle>=0.5"'],
    ['accuracy.lowers>=0.5', 9, 'expected lower or upper, found "lowers>=0.5"'],
    ['recall>=0.9', 6, 'expected a class, as in recall[setosa], or the metric recallMacro, found ">=0.9"'],
    ['recall[rosa]>=0.9', 7, 'expected a class of the model (setosa, Iris virginica, odd]name), found "rosa]>=0.9"'],
    ['recall[setosa', 13, 'expected ], found nothing'],
    ['recall["setosa', 7, 'expected a class of the model (setosa, Iris virginica, odd]name), found "\\"setosa"'],
    ['recall["\\x"]>0', 7, 'expected a JSON string, found "\\"\\\\x\\"]>0"'],
    ['accuracy[setosa]>=0.9', 8, 'expected >=, <=, > or <, found "[setosa]>=0.9"'],
  ])('%j is refused at character %i', (text, position, problem) => {
    let error: unknown;
    try {
      parseGate(text, classes);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UsageError);
    const { message, pointer } = error as GateSyntaxError;
    expect(message).toBe(`gate ${JSON.stringify(text)}: at character ${position + 1}: ${problem}`);
    expect(pointer).toBe(`  ${text}\n  ${' '.repeat(position)}^`);
  });

  it('may name any class, quoted', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (label) => {
        const { figure } = parseGate(`recall[${JSON.stringify(label)}]>=0.5`, [label]);
        expect(figure.name).toBe(`recall[${label}]`);
      }),
    );
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('accuracy', '>=', 'baseline', '[')), (text) => {
        try {
          parseGate(text, classes);
        } catch (error) {
          expect(error).toBeInstanceOf(GateSyntaxError);
        }
      }),
    );
  });

  it('may be on every metric', () => {
    for (const { name } of METRICS) expect(parseGate(`${name}>0`, classes).figure.name).toBe(name);
  });
});
