import type { Evaluation } from '../../evaluation/evaluate.js';
import { figuresByName } from '../../evaluation/measurement.js';
import { escapeMarkup } from '../markup.js';
import { printableEvaluation } from '../printable.js';
import { describeRows } from './words.js';

/** The gates of an evaluation as test cases, in the JUnit XML that CI systems read. */
export function evaluationJunit(evaluation: Evaluation): string {
  const shown = printableEvaluation(evaluation);
  const { gates, measured, model } = shown;
  const counts = `tests="${gates.length}" failures="${gates.filter(({ passed }) => !passed).length}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="iris evaluate" ${counts}>`,
    `  <testsuite name="${escapeMarkup(`model ${model.version}`)}" ${counts} skipped="0">`,
    '    <properties>',
    propertyOf('model.sha256', model.sha256),
    propertyOf('rows', describeRows(shown)),
    ...[...figuresByName(measured)].map(([name, { value }]) => propertyOf(name, String(value ?? 'undefined'))),
    '    </properties>',
    ...gates.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function propertyOf(name: string, value: string): string {
  return `      <property name="${escapeMarkup(name)}" value="${escapeMarkup(value)}"/>`;
}

function testCase({ gate, passed, explanation }: Evaluation['gates'][number]): string[] {
  const start = `    <testcase classname="iris.gate" name="${escapeMarkup(gate)}"`;
  if (passed) return [`${start}/>`];
  return [`${start}>`, `      <failure type="gate" message="${escapeMarkup(explanation)}"/>`, '    </testcase>'];
}
