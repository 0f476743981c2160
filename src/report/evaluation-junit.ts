import type { Evaluation } from '../evaluation/evaluate.js';
import { figuresByName } from '../evaluation/measurement.js';
import { describeRows } from './evaluation-words.js';
import { escapeMarkup } from './markup.js';

/** The gates of an evaluation as test cases, in the JUnit XML that CI systems read. */
export function evaluationJunit(evaluation: Evaluation): string {
  const { gates, measured, model } = evaluation;
  const counts = `tests="${gates.length}" failures="${gates.filter(({ passed }) => !passed).length}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="iris evaluate" ${counts}>`,
    `  <testsuite name="${escapeXml(`model ${model.version}`)}" ${counts} skipped="0">`,
    '    <properties>',
    propertyOf('model.sha256', model.sha256),
    propertyOf('rows', describeRows(evaluation)),
    ...[...figuresByName(measured)].map(([name, { value }]) => propertyOf(name, String(value ?? 'undefined'))),
    '    </properties>',
    ...gates.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function propertyOf(name: string, value: string): string {
  return `      <property name="${escapeXml(name)}" value="${escapeXml(value)}"/>`;
}

function testCase({ gate, passed, explanation }: Evaluation['gates'][number]): string[] {
  const start = `    <testcase classname="iris.gate" name="${escapeXml(gate)}"`;
  if (passed) return [`${start}/>`];
  return [`${start}>`, `      <failure type="gate" message="${escapeXml(explanation)}"/>`, '    </testcase>'];
}

/** For an attribute in double quotes: white space is written so that reading does not make it spaces. */
function escapeXml(text: string): string {
  return escapeMarkup(text).replaceAll(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
