/** The nodes and answers of a model in Go: literals, or texts where they are very many. */
import type { FlatScorer } from './flat-scorer.js';
import { goTypes } from './go-ensemble.js';
import { answerRows, decimalOr, nodeList as linesOfNodes, type SetBits, wrapped } from './source-text.js';
import { hasDirections, numberOf } from './together-text.js';

/** Of one tree: no sums, but answers. */
export const TREE_TYPES = { value: 'float64', sum: 'float64' };

export function answerTable(scorer: FlatScorer, type: string): string {
  const about = scorer.together === null ? 'answer: a probability for each class' : 'add to each of the sums';
  if (isLongAnswers(scorer)) {
    const width = scorer.answerWidth;
    return `
// answers has what leaves ${about}.
var answers = readAnswers(\`
${answerRows(scorer)
  .map((row) => `${row.join(' ')}\n`)
  .join('')}\`)

func readAnswers(text string) [][${width}]${type} {
	cells := strings.Fields(text)
	all := make([][${width}]${type}, len(cells)/${width})
	for i, cell := range cells {
		all[i/${width}][i%${width}] = ${type === 'float64' ? 'number(cell)' : 'float32(number(cell))'}
	}
	return all
}
${scorer.nodeCount >= LONG_LIST ? '' : NUMBER}`;
  }
  return `
// answers has what leaves ${about}.
var answers = [...][${scorer.answerWidth}]${type}{
${answerRows(scorer)
  .map((row) => (row.length <= 8 ? `\t{${row.join(', ')}},\n` : `\t{\n${wrapped(row, '\t\t')}\t},\n`))
  .join('')}}
`;
}

export function structure(scorer: FlatScorer, type: string): string {
  const { hasSets, hasZeroMissing, together } = scorer;
  const adds = together?.output.some((output) => output >= 0);
  const fields = [
    ['threshold', type, `left when the value is at most this${adds ? '; at a leaf what is added' : ''}`],
    ['feature', 'int32', '-1 at a leaf'],
    ['next', 'int32', `the right child${scorer.answerCount > 0 ? '; at a leaf its row of answers' : ''}`],
    ...(hasSets ? [['set', 'int32', 'where its bits begin in sets; -1 where a number is asked for']] : []),
    ...(hasDirections(scorer) ? [['missingLeft', 'bool', 'whether a missing value goes left']] : []),
    ...(hasZeroMissing ? [['zeroMissing', 'bool', 'whether 0 goes where a missing value goes']] : []),
  ];
  const width = Math.max(...fields.map(([field]) => field.length));
  const lines = fields.map(([field, type, about]) => `\t${field.padEnd(width)} ${type.padEnd(7)} // ${about}\n`);
  return `type node struct {\n${lines.join('')}}`;
}

export function nodeList(scorer: FlatScorer, { start }: SetBits): string {
  const isLong = scorer.nodeCount >= LONG_LIST;
  const truth = (flag: number) => (isLong ? flag : flag === 1);
  const float = scorer.together !== null && goTypes(scorer.together).value === 'float32';
  const infinity = float ? 'float32(math.Inf(1))' : 'math.Inf(1)';
  const rows = Array.from({ length: scorer.nodeCount }, (_, node) => {
    const number = decimalOr(isLong ? 'Inf' : infinity, numberOf(scorer, node));
    const cells: unknown[] = [number, scorer.feature[node], scorer.next[node]];
    if (scorer.hasSets) cells.push(start[node]);
    if (hasDirections(scorer)) cells.push(truth(scorer.missingLeft[node]));
    if (scorer.hasZeroMissing) cells.push(truth(scorer.zeroMissing[node]));
    return cells;
  });
  if (!isLong) {
    const texts = rows.map((cells) => `{${cells.join(', ')}}`);
    return `var nodes = [...]node{\n${linesOfNodes(scorer, texts, '\t', ['//', ''])}}\n`;
  }
  return `var nodes = readNodes(\`\n${rows.map((cells) => `${cells.join(' ')}\n`).join('')}\`)\n${nodeReader(scorer)}`;
}

/** Nodes, or numbers of answers, from which on they are a text: the compiler takes minutes and gigabytes for a million literals. */
const LONG_LIST = 20_000;

const isLongAnswers = ({ answers }: FlatScorer) => answers.length >= LONG_LIST;

export function imports(scorer: FlatScorer): string {
  const isLong = scorer.nodeCount >= LONG_LIST || isLongAnswers(scorer);
  return isLong ? 'import (\n\t"math"\n\t"strconv"\n\t"strings"\n)' : 'import "math"';
}

function nodeReader(scorer: FlatScorer): string {
  const type = scorer.together === null ? 'float64' : goTypes(scorer.together).value;
  const number = type === 'float64' ? 'number(cell[0])' : 'float32(number(cell[0]))';
  const fields = [number, 'int32(number(cell[1]))', 'int32(number(cell[2]))'];
  if (scorer.hasSets) fields.push('int32(number(cell[3]))');
  if (hasDirections(scorer)) fields.push(`cell[${fields.length}] == "1"`);
  if (scorer.hasZeroMissing) fields.push(`cell[${fields.length}] == "1"`);
  return `
// readNodes reads a line per node: a list of so many literals would take the compiler minutes.
func readNodes(text string) []node {
	cells := strings.Fields(text)
	all := make([]node, len(cells)/${fields.length})
	for i := range all {
		cell := cells[i*${fields.length}:]
		all[i] = node{${fields.join(', ')}}
	}
	return all
}
${NUMBER}`;
}

const NUMBER = `
func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return value
}
`;
