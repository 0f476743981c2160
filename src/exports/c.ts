import { UsageError } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';
import { unseenCategory } from '../model/model.js';
import { largestShare } from '../tree/answers.js';
import { ensembleCode } from './c-ensemble.js';
import { treeWalk } from './c-walk.js';
import { type CodeRequest, type ExportedFile, kindOfModel, origin } from './exported-file.js';
import type { FlatScorer } from './flat-scorer.js';
import { badFileName, identifier } from './identifiers.js';
import { C_HEADERS } from './reserved-names.js';
import { answerRows, commentText, hexWord, type SetBits, setBits, wrapped } from './source-text.js';

/** C99: a header with the functions, a file with tables and one loop, and a program that runs the vectors. */
export function cFiles({ baseName, extension, scorer, vectors }: CodeRequest): ExportedFile[] {
  requireInclude(baseName, extension);
  const name = identifier(baseName);
  const files = [
    { name: `${baseName}.c`, content: source(scorer, name, baseName) },
    { name: `${baseName}.h`, content: header(scorer, name) },
  ];
  if (vectors !== undefined) files.push({ name: `${baseName}_test.c`, content: test(scorer, name, baseName, vectors) });
  return files;
}

/** @throws UsageError for a name that cannot be included, or that the code or its headers include as another's */
function requireInclude(baseName: string, extension: string): void {
  const expected = /["\\\p{Cc}]|\?\?/u.test(baseName)
    ? 'a file whose header C can include, without quotation marks, backslashes, and two question marks'
    : C_HEADERS.has(baseName.toLowerCase())
      ? 'a file with another name than a header of C, which its own would hide'
      : null;
  if (expected === null) return;
  throw badFileName(expected, `${baseName}${extension}`, `${identifier(baseName)}_model${extension}`);
}

/**
 * 0: as their types are; 16 differs in types that are not here. With more bits C99 reads the threshold 2.45 as a long
 * double, which the double 2.45 is above.
 */
const EVALUATION = `
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "constants and sums have other bits than the model's: compile this file for 32-bit and 64-bit arithmetic, as with -msse2 -mfpmath=sse"
#endif
`;

/**
 * GCC says what some flags do: -fassociative-math, -freciprocal-math, -fno-signed-zeros, -fsingle-precision-constant. Clang
 * does not, and obeys a pragma.
 */
const IEEE = `
#if defined(__GCC_IEC_559) && __GCC_IEC_559 == 0
#error "flags such as -funsafe-math-optimizations change what is answered: compile this file without them"
#endif
#if defined(__clang__) && __clang_major__ >= 12
#pragma clang diagnostic ignored "-Wignored-pragmas" /* It is for some processors only. */
#pragma float_control(precise, on)
#endif
`;

function header(scorer: FlatScorer, name: string): string {
  const { classes, features, hasCategories, together } = scorer;
  const margins =
    together?.kind === 'boosted' ? `, ${name.toUpperCase()}_MARGIN_COUNT = ${together.combine.outputs}` : '';
  const NAME = name.toUpperCase();
  return `/*
${origin(scorer)
  .map((line) => ` * ${line}\n`)
  .join('')} *
 * ${kindOfModel(scorer)}. A row has one value per feature, in this order:
${features.map((feature, index) => ` * ${String(index).padStart(3)} ${commentText(feature.name)}${kindOf(feature)}\n`).join('')} */
#ifndef ${NAME}_H
#define ${NAME}_H

#ifdef __cplusplus
extern "C" {
#endif

#define ${NAME}_VERSION "${scorer.version}"
#define ${NAME}_SHA256 "${scorer.sha256}"

enum { ${NAME}_FEATURE_COUNT = ${features.length}, ${NAME}_CLASS_COUNT = ${classes.length}${margins} };

extern const char *const ${name}_feature_names[${features.length}];
extern const char *const ${name}_class_names[${classes.length}];

/*
 * The class of a row, as an index of ${name}_class_names; its probabilities go to an array of ${classes.length}, or
 * nowhere if that is NULL. -1 and NaN where the model refuses the row: for a value that is infinite,
 * missing where training missed none, or no category.
 */
int ${name}_predict(const double *row, double *probabilities);

${
  together === null
    ? `/* The leaf that a row comes to, as the number of its node; -1 where the model refuses the row. */
int ${name}_leaf(const double *row);
`
    : ''
}${
  together?.kind === 'boosted'
    ? `/*
 * What the trees add up to, before that becomes probabilities, goes to an array of ${together.combine.outputs}. Gives 0; -1 and NaN
 * where the model refuses the row.
 */
int ${name}_margins(const double *row, double *margins);
`
    : ''
}${
  hasCategories
    ? `
/*
 * The value that stands for a category in a row. An unknown category is the category of all others, if
 * the model has one, else -1; NULL and the empty text are NaN, a missing value. Of a feature that is a number
 * every other text is -1.
 */
double ${name}_category(int feature, const char *text);
`
    : ''
}
#ifdef __cplusplus
}
#endif

#endif
`;
}

function kindOf(feature: FlatScorer['features'][number]): string {
  return `${feature.kind === 'category' ? ': a category' : ''}${feature.missing ? ', NaN where it is missing' : ''}`;
}

function source(scorer: FlatScorer, name: string, baseName: string): string {
  const { classes, features, hasCategories, hasSets, together } = scorer;
  const NAME = name.toUpperCase();
  const bits = setBits(scorer);
  return `/*
${origin(scorer)
  .map((line) => ` * ${line}\n`)
  .join('')} */
#include "${baseName}.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
${hasCategories || together?.combine.link === 'sigmoid' || together?.combine.link === 'softmax' ? '#include <string.h>\n' : ''}
#if defined(__FAST_MATH__) || defined(_M_FP_FAST) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "-ffast-math changes what infinite and missing values are answered: compile this file without it"
#endif
${EVALUATION}${IEEE}
const char *const ${name}_feature_names[${features.length}] = {
${wrapped(
  features.map((feature) => literal(feature.name)),
  '    ',
)}};

const char *const ${name}_class_names[${classes.length}] = {
${wrapped(classes.map(literal), '    ')}};

${hasCategories ? categoryTables(scorer) : ''}${
  hasSets
    ? `/* Categories that go left, as bits: bit 0 is an unknown one, bit c + 1 category c. */
static const uint32_t SETS[${bits.words.length}] = {
${wrapped(
  bits.words.map((word) => `${hexWord(word)}u`),
  '    ',
)}};

`
    : ''
}${accepts(scorer, NAME)}
${together === null ? treeCode(scorer, bits, name) : ensembleCode(scorer, together, bits, name)}${hasCategories ? categoryFunction(name, NAME) : ''}`;
}

function treeCode(scorer: FlatScorer, bits: SetBits, name: string): string {
  const NAME = name.toUpperCase();
  return `/* What leaves answer: a probability for each class. */
static const double ANSWERS[${scorer.answerCount}][${NAME}_CLASS_COUNT] = {
${answerRows(scorer)
  .map((row) => (row.length <= 4 ? `    {${row.join(', ')}},\n` : `    {\n${wrapped(row, '        ')}    },\n`))
  .join('')}};

/* The class of each: the first that has the largest probability. */
static const int32_t LABELS[${scorer.answerCount}] = {
${wrapped(labelsOf(scorer), '    ')}};

/* Where a row ends: the number of its node, and the row of ANSWERS. */
struct leaf {
    int32_t node;
    int32_t answer;
};

${treeWalk(scorer, bits)}
int ${name}_leaf(const double *row)
{
    return accepts(row) ? (int)find_answer(row).node : -1;
}

int ${name}_predict(const double *row, double *probabilities)
{
    int32_t answer;
    if (!accepts(row)) {
        if (probabilities != NULL) {
            for (int k = 0; k < ${NAME}_CLASS_COUNT; k++) probabilities[k] = NAN;
        }
        return -1;
    }
    answer = find_answer(row).answer;
    if (probabilities != NULL) {
        for (int k = 0; k < ${NAME}_CLASS_COUNT; k++) probabilities[k] = ANSWERS[answer][k];
    }
    return LABELS[answer];
}
`;
}

function labelsOf({ answerCount, answers, answerWidth }: FlatScorer): string[] {
  return Array.from({ length: answerCount }, (_, row) => String(largestShare(answers, row * answerWidth, answerWidth)));
}

function categoryTables({ features }: FlatScorer): string {
  const lists = features.flatMap((feature, index) =>
    feature.kind === 'category'
      ? [
          `static const char *const CATEGORIES_${index}[${feature.categories.length}] = {\n${wrapped(feature.categories.map(literal), '    ')}};\n\n`,
        ]
      : [],
  );
  const rows = features.map((feature, index) =>
    feature.kind === 'category'
      ? `{CATEGORIES_${index}, ${feature.categories.length}, ${unseenCategory(feature)}}`
      : '{NULL, 0, -1}',
  );
  return `${lists.join('')}/* The categories of each feature, and what stands for a text that is none of them; none of a number. */
static const struct {
    const char *const *names;
    int count;
    int unseen;
} CATEGORIES[${features.length}] = {
${wrapped(rows, '    ')}};

`;
}

function accepts({ features, hasCategories, hasMissing }: FlatScorer, NAME: string): string {
  if (!hasMissing && !hasCategories) {
    return `/* An infinite or missing value leaves no finite sum. Nor may very large ones, so values are looked at one by one then. */
static int accepts(const double *row)
{
    double sum = 0;
    for (int f = 0; f < ${NAME}_FEATURE_COUNT; f++) sum += row[f];
    if (isfinite(sum)) return 1;
    for (int f = 0; f < ${NAME}_FEATURE_COUNT; f++) {
        if (!isfinite(row[f])) return 0;
    }
    return 1;
}
`;
  }
  const table = hasMissing
    ? `/* Whether the value of a feature may be missing. */
static const unsigned char MAY_BE_MISSING[${NAME}_FEATURE_COUNT] = {
${wrapped(
  features.map(({ missing }) => String(Number(missing))),
  '    ',
)}};

`
    : '';
  const missing = `        if (isnan(value)) {
            if (${hasMissing ? '!MAY_BE_MISSING[f]' : '1'}) return 0;
            continue;
        }
`;
  const category = `        if (CATEGORIES[f].names != NULL) {
            if (!(value >= -1 && value < CATEGORIES[f].count && value == (int)value)) return 0;
            continue;
        }
`;
  const body = `${hasMissing ? missing : ''}${hasCategories ? category : ''}        if (!isfinite(value)) return 0;\n`;
  return `${table}static int accepts(const double *row)
{
    for (int f = 0; f < ${NAME}_FEATURE_COUNT; f++) {
        const double value = row[f];
${body}    }
    return 1;
}
`;
}

function categoryFunction(name: string, NAME: string): string {
  return `
double ${name}_category(int feature, const char *text)
{
    if (feature < 0 || feature >= ${NAME}_FEATURE_COUNT) return -1;
    if (text == NULL || text[0] == '\\0') return NAN;
    for (int c = 0; c < CATEGORIES[feature].count; c++) {
        if (strcmp(CATEGORIES[feature].names[c], text) == 0) return c;
    }
    return CATEGORIES[feature].unseen;
}
`;
}

/** Longer strings are not portable C99. */
const LONGEST_STRING = 4000;

/** Octal escapes end after three digits, whatever follows; the second of two question marks would begin a trigraph. */
function literal(text: string): string {
  if (text.includes('\0')) {
    throw new UsageError(`a name with a zero character cannot be a string of C, found ${nameInWords(text)}`);
  }
  const pieces = Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === '\\' || character === '?') return `\\${character}`;
    return byte >= 0x20 && byte < 0x7f ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  if (pieces.length <= LONGEST_STRING) return `"${pieces.join('')}"`;
  const characters = pieces.map((piece) => (piece === "'" ? "'\\''" : `'${piece}'`));
  return `(const char[]){\n${wrapped([...characters, '0'], '        ')}    }`;
}

function test({ together }: FlatScorer, name: string, baseName: string, vectors: string): string {
  const NAME = name.toUpperCase();
  return `/* Runs the rows of ${commentText(vectors)}, or of another file: every answer has to be equal bit for bit. */
#include "${baseName}.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the next cells are these numbers, bit for bit; NaN is equal to NaN. */
static int are_next(const double *found, int count, char **end)
{
    for (int k = 0; k < count; k++) {
        const uint64_t bits = strtoull(*end, end, 16);
        double expected;
        memcpy(&expected, &bits, sizeof bits);
        if (memcmp(&found[k], &expected, sizeof bits) != 0 && (found[k] == found[k] || expected == expected)) return 0;
    }
    return 1;
}

static int line_is_right(char *line)
{
    double row[${NAME}_FEATURE_COUNT];
    double probabilities[${NAME}_CLASS_COUNT];
    char *end = line;
    long label;
${together?.kind === 'boosted' ? `    double margins[${NAME}_MARGIN_COUNT];\n` : ''}    for (int f = 0; f < ${NAME}_FEATURE_COUNT; f++) {
        const uint64_t bits = strtoull(end, &end, 16);
        memcpy(&row[f], &bits, sizeof bits);
    }
    label = strtol(end, &end, 10);
    if (${name}_predict(row, probabilities) != label || ${name}_predict(row, NULL) != label) return 0;
    if (!are_next(probabilities, ${NAME}_CLASS_COUNT, &end)) return 0;
${lastCells(together, name)}    return *end == '\\n';
}

int main(int argc, char **argv)
{
    static char line[17 * (${NAME}_FEATURE_COUNT + 2 * ${NAME}_CLASS_COUNT) + 64];
    long rows = 0, wrong = 0;
    FILE *file = fopen(argc > 1 ? argv[1] : ${literal(vectors)}, "r");
    if (file == NULL) {
        perror("vectors");
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#') {
            while (strchr(line, '\\n') == NULL && fgets(line, sizeof line, file) != NULL) continue;
            continue;
        }
        rows++;
        if (!line_is_right(line)) {
            wrong++;
            printf("wrong: %s", line);
        }
    }
    fclose(file);
    printf("%ld rows, %ld wrong\\n", rows, wrong);
    return rows == 0 || wrong != 0;
}
`;
}

/** What a line has after the probabilities. */
function lastCells(together: FlatScorer['together'], name: string): string {
  if (together === null) return `    if (${name}_leaf(row) != strtol(end, &end, 10)) return 0;\n`;
  if (together.kind === 'forest') return '';
  return `    if (${name}_margins(row, margins) != (label < 0 ? -1 : 0)) return 0;
    if (!are_next(margins, ${name.toUpperCase()}_MARGIN_COUNT, &end)) return 0;
`;
}
