import { describe, expect, it } from 'vitest';
import { AnswerChanges } from '../../src/evaluation/answer-changes.js';
import { describeReplay, type ReplayedRow, replayJson } from '../../src/report/replay.js';

const row = (
  line: number,
  features: object = { size: 1.5, 'the colour ': 'red', lost: null, odd: { unknown: true } },
) => ({ file: 'rows.jsonl', line, version: 'old', features }) as ReplayedRow;
const answer = (label: string, share?: number) => ({
  label,
  shares: share === undefined ? undefined : new Map([[label, share]]),
});
const versions = { recorded: ['old', 'older'], replayed: ['new'] };

describe('the report of a replay', () => {
  it('says that nothing changed', () => {
    const changes = new AnswerChanges<ReplayedRow>(10);
    changes.add(row(1), answer('a', 1), answer('a', 1));
    expect(describeReplay(changes, versions)).toBe(
      '1 row, recorded with version old, older, replayed with version new\nlabels: all the same\nprobabilities: all the same\n',
    );
    expect(replayJson(changes, versions)).toEqual({
      rows: 1,
      versions,
      changed: 0,
      refused: 0,
      pairs: [],
      largestDifference: { difference: 0, class: null, file: null, line: null },
      shown: [],
    });
  });

  it('says which labels changed, by how much, and shows the first rows', () => {
    const changes = new AnswerChanges<ReplayedRow>(2);
    changes.add(row(1), answer('a', 0.9), answer('\u001b[31mred', 0.51234));
    changes.refuse(row(2), answer('a', 1), 'size: expected a number');
    for (let line = 3; line < 12; line++) changes.add(row(line), answer('b'), answer('a'));
    expect(describeReplay(changes, versions).split('\n')).toEqual([
      '11 rows, recorded with version old, older, replayed with version new',
      'labels: 10 changed (90.9 %); 1 row refused',
      '  b -> a                9',
      '  a -> "\\u001b[31mred"  1',
      'probabilities: largest difference 0.9, of a in rows.jsonl:1',
      'rows.jsonl:1: a -> "\\u001b[31mred": size=1.5, "the colour "=red, lost=?, odd=(unknown)',
      'rows.jsonl:2: a -> refused (size: expected a number): size=1.5, "the colour "=red, lost=?, odd=(unknown)',
      'and 9 more rows',
      '',
    ]);
    expect(replayJson(changes, versions)).toMatchObject({
      largestDifference: { difference: 0.9, class: 'a', file: 'rows.jsonl', line: 1 },
      shown: [
        { line: 1, version: 'old', from: 'a', to: '\u001b[31mred' },
        { line: 2, from: 'a', to: null, refusal: 'size: expected a number' },
      ],
    });
  });

  it('says where there are no probabilities, and lists no more pairs than a person reads', () => {
    const changes = new AnswerChanges<ReplayedRow>(0);
    for (let pair = 0; pair < 25; pair++) changes.add(row(pair), answer('a'), answer(`b${pair}`));
    const lines = describeReplay(changes, { recorded: ['old'], replayed: [] }).split('\n');
    expect(lines[0]).toBe('25 rows, recorded with version old, replayed with version unknown');
    expect(lines.slice(22)).toEqual(['  and 5 more pairs', 'probabilities: none to compare', 'and 25 more rows', '']);
    expect(replayJson(changes, versions).largestDifference).toBeNull();
  });
});
