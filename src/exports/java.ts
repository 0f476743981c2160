import { unseenCategory } from '../model/model.js';
import { type CodeRequest, type ExportedFile, origin } from './exported-file.js';
import type { FlatScorer } from './flat-scorer.js';
import { checkedPackage, identifierOfFile } from './identifiers.js';
import { commentText, decimal, hexWord, nodeComment, setBits, wrapped } from './source-text.js';

const KEYWORDS = new Set(
  '_ abstract assert boolean break byte case catch char class const continue default do double else enum extends false final finally float for goto if implements import instanceof int interface long native new null package private protected public return short static strictfp super switch synchronized this throw throws transient true try var void volatile while yield record sealed permits String Double Integer Math'.split(
    ' ',
  ),
);

/** A method may have 64 KiB, and so may what sets a field: a longer list is one of several classes. */
const MOST_IN_CLASS = 1000;
/** Characters of a constant, which may have 65 535 bytes. */
const LONGEST_STRING = 16_000;

/** One class without dependencies, for Java 8 and later, and a program that runs the vectors. */
export function javaFiles({ baseName, extension, packageName, scorer, vectors }: CodeRequest): ExportedFile[] {
  const name = identifierOfFile(baseName, extension, KEYWORDS);
  const clause = packageName === undefined ? '' : `package ${checkedPackage(packageName, KEYWORDS, true)};\n\n`;
  const files = [{ name: `${name}.java`, content: source(scorer, name, clause) }];
  if (vectors === undefined) return files;
  return [...files, { name: `${name}Test.java`, content: test(name, clause, vectors) }];
}

/** As ASCII: javac reads files in whatever encoding the system has. */
function literal(text: string): string {
  const pieces = Array.from({ length: Math.ceil(text.length / LONGEST_STRING) || 1 }, (_, piece) => {
    const part = text.slice(piece * LONGEST_STRING, (piece + 1) * LONGEST_STRING);
    const escaped = Array.from(part, (character) => JSON.stringify(character).slice(1, -1)).join('');
    return `"${escaped.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
  });
  return pieces.length === 1
    ? pieces[0]
    : `${pieces[0]}${pieces
        .slice(1)
        .map((piece) => `.concat(${piece})`)
        .join('')}`;
}

/** Lists of a class: short ones as they are, long ones joined from classes of their own. */
class Lists {
  readonly #classes: string[] = [];

  list(type: string, name: string, items: readonly string[]): string {
    if (items.length <= MOST_IN_CLASS) {
      return `    private static final ${type}[] ${name} = {\n${wrapped(items, '        ')}    };\n`;
    }
    const parts: string[] = [];
    for (let start = 0; start < items.length; start += MOST_IN_CLASS) {
      const part = `${name}_${parts.length}`;
      parts.push(`${part}.VALUES`);
      this.#classes.push(`
    private static final class ${part} {
        static final ${type}[] VALUES = {
${wrapped(items.slice(start, start + MOST_IN_CLASS), '            ')}        };
    }
`);
    }
    return `    private static final ${type}[] ${name} = join(new ${type}[${items.length}],\n${wrapped(parts, '        ').replace(/,\n$/, ');\n')}`;
  }

  /** The classes of long lists, and what joins them. */
  rest(): string {
    if (this.#classes.length === 0) return '';
    return `
    /** A method of Java is small: long lists are in several classes. */
    private static <T> T join(T all, Object... parts) {
        int at = 0;
        for (Object part : parts) {
            int length = java.lang.reflect.Array.getLength(part);
            System.arraycopy(part, 0, all, at, length);
            at += length;
        }
        return all;
    }
${this.#classes.join('')}`;
  }
}

function source(scorer: FlatScorer, name: string, clause: string): string {
  const { classes, features, hasCategories, hasMissing, hasSets } = scorer;
  const bits = setBits(scorer);
  const lists = new Lists();
  const tables = `${lists.list(
    'String',
    'FEATURES',
    features.map((feature) => literal(feature.name)),
  )}
${lists.list('String', 'CLASSES', classes.map(literal))}
${hasCategories ? categoryTables(scorer, lists) : ''}${
  hasMissing
    ? `    /** Whether a row may lack the value of a feature. */
${lists.list(
  'boolean',
  'MAY_BE_MISSING',
  features.map(({ missing }) => String(missing)),
)}
`
    : ''
}    // Nodes: the left child of i is i + 1.
${explained(scorer)}
    /** The feature that is asked for; -1 at a leaf. */
${lists.list('int', 'FEATURE', Array.from(scorer.feature, String))}
    /** Left when the value is at most this. */
${lists.list('double', 'THRESHOLD', Array.from(scorer.threshold, decimal))}
    /** The right child; at a leaf its row of ANSWERS. */
${lists.list('int', 'NEXT', Array.from(scorer.next, String))}
${
  hasMissing
    ? `    /** Whether a missing value goes left. */
${lists.list(
  'boolean',
  'MISSING_LEFT',
  Array.from(scorer.missingLeft, (left) => String(left === 1)),
)}
`
    : ''
}${
  hasSets
    ? `    /** Where a set begins in SETS; -1 where a number is asked for. */
${lists.list('int', 'SET', Array.from(bits.start, String))}
    /** Categories that go left, as bits: bit 0 is an unknown one, bit c + 1 category c. */
${lists.list('int', 'SETS', bits.words.map(hexWord))}
`
    : ''
}    /** What leaves answer: ${classes.length} probabilities, one row after the other. */
${lists.list('double', 'ANSWERS', Array.from(scorer.answers, decimal))}`;
  return `${clause}/**
 * A decision tree. A row has one value per feature, in the order of featureNames: a number, the index of a category,
 * NaN where the value is missing. It is refused for a value that is infinite, missing where training missed none, or no
 * category.
 *
${origin(scorer)
  .map((line) => ` * <p>${line}\n`)
  .join('')} */
public final class ${name} {
    public static final String VERSION = "${scorer.version}";
    public static final String SHA256 = "${scorer.sha256}";
    public static final int FEATURE_COUNT = ${features.length};
    public static final int CLASS_COUNT = ${classes.length};

    private ${name}() {
    }

    public static String[] featureNames() {
        return FEATURES.clone();
    }

    public static String[] classNames() {
        return CLASSES.clone();
    }

    /**
     * The class of a row, as an index of classNames; -1 where the model refuses the row.
     *
     * @param probabilities receives CLASS_COUNT of them, NaN where the row is refused; may be null
     */
    public static int predict(double[] row, double[] probabilities) {
        if (!accepts(row)) {
            if (probabilities != null) {
                java.util.Arrays.fill(probabilities, 0, CLASS_COUNT, Double.NaN);
            }
            return -1;
        }
        int from = NEXT[findLeaf(row)] * CLASS_COUNT;
        if (probabilities != null) {
            System.arraycopy(ANSWERS, from, probabilities, 0, CLASS_COUNT);
        }
        int best = 0;
        for (int k = 1; k < CLASS_COUNT; k++) {
            if (ANSWERS[from + k] > ANSWERS[from + best]) {
                best = k;
            }
        }
        return best;
    }

    /** The leaf that a row comes to, as the number of its node; -1 where the model refuses the row. */
    public static int leaf(double[] row) {
        return accepts(row) ? findLeaf(row) : -1;
    }
${hasCategories ? CATEGORY_METHOD : ''}
    private static boolean accepts(double[] row) {
        for (int f = 0; f < FEATURE_COUNT; f++) {
            double value = row[f];
${acceptance(scorer)}            if (Double.isNaN(value) || Double.isInfinite(value)) {
                return false;
            }
        }
        return true;
    }

    private static int findLeaf(double[] row) {
        int at = 0;
        while (FEATURE[at] >= 0) {
            double value = row[FEATURE[at]];
${step(scorer)}            at = left ? at + 1 : NEXT[at];
        }
        return at;
    }

${tables}${lists.rest()}}
`;
}

const CATEGORY_METHOD = `
    /**
     * The value that stands for a category in a row. A text that is no category gives what the model takes such texts
     * for: the category of all others, or -1.
     */
    public static double category(int feature, String text) {
        String[] names = CATEGORIES[feature];
        for (int c = 0; names != null && c < names.length; c++) {
            if (names[c].equals(text)) {
                return c;
            }
        }
        return UNSEEN[feature];
    }
`;

function categoryTables({ features }: FlatScorer, lists: Lists): string {
  const names = features.map((feature, index) => (feature.kind === 'category' ? `CATEGORIES_${index}` : 'null'));
  const tables = features.flatMap((feature, index) =>
    feature.kind === 'category'
      ? [`${lists.list('String', `CATEGORIES_${index}`, feature.categories.map(literal))}\n`]
      : [],
  );
  const unseen = features.map((feature) => (feature.kind === 'category' ? String(unseenCategory(feature)) : '-1'));
  return `${tables.join('')}    /** The categories of each feature; null of a number. */
${lists.list('String[]', 'CATEGORIES', names)}
    /** What stands for a text that is no category. */
${lists.list('int', 'UNSEEN', unseen)}
`;
}

function explained(scorer: FlatScorer): string {
  return Array.from({ length: scorer.nodeCount }, (_, node) => nodeComment(scorer, node))
    .map((comment) => (comment === null ? '' : `    //   ${comment}\n`))
    .join('');
}

function acceptance({ hasCategories, hasMissing }: FlatScorer): string {
  const missing = `            if (Double.isNaN(value) && MAY_BE_MISSING[f]) {
                continue;
            }
`;
  const category = `            if (CATEGORIES[f] != null) {
                if (!(value >= -1 && value < CATEGORIES[f].length && value == Math.rint(value))) {
                    return false;
                }
                continue;
            }
`;
  return `${hasMissing ? missing : ''}${hasCategories ? category : ''}`;
}

function step({ hasMissing, hasSets }: FlatScorer): string {
  if (!hasSets && !hasMissing) return '            boolean left = value <= THRESHOLD[at];\n';
  const branches: string[] = [];
  if (hasMissing) branches.push('if (Double.isNaN(value)) {\n                left = MISSING_LEFT[at];\n            }');
  if (hasSets) {
    branches.push(`if (SET[at] >= 0) {
                int bit = (int) value + 1;
                left = (SETS[SET[at] + (bit >> 5)] >> (bit & 31) & 1) == 1;
            }`);
  }
  return `            boolean left;
            ${branches.join(' else ')} else {
                left = value <= THRESHOLD[at];
            }
`;
}

function test(name: string, clause: string, vectors: string): string {
  return `${clause}import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;

/** Runs the rows of ${commentText(vectors)}, or of another file: every answer has to be equal bit for bit. */
public final class ${name}Test {
    private ${name}Test() {
    }

    public static void main(String[] arguments) throws java.io.IOException {
        String file = arguments.length > 0 ? arguments[0] : ${literal(vectors)};
        int rows = 0;
        int wrong = 0;
        for (String line : Files.readAllLines(Paths.get(file), StandardCharsets.UTF_8)) {
            if (line.startsWith("#")) {
                continue;
            }
            rows++;
            if (!isRight(line.split("\\t"))) {
                wrong++;
                System.out.println("wrong: " + line);
            }
        }
        System.out.println(rows + " rows, " + wrong + " wrong");
        System.exit(rows == 0 || wrong != 0 ? 1 : 0);
    }

    private static boolean isRight(String[] cells) {
        double[] row = new double[${name}.FEATURE_COUNT];
        for (int f = 0; f < row.length; f++) {
            row[f] = Double.longBitsToDouble(Long.parseUnsignedLong(cells[f], 16));
        }
        double[] probabilities = new double[${name}.CLASS_COUNT];
        int label = ${name}.predict(row, probabilities);
        boolean right = label == Integer.parseInt(cells[row.length])
                && label == ${name}.predict(row, null)
                && ${name}.leaf(row) == Integer.parseInt(cells[cells.length - 1]);
        for (int k = 0; k < probabilities.length; k++) {
            // One writing for NaN.
            long expected = Long.parseUnsignedLong(cells[row.length + 1 + k], 16);
            right &= Double.doubleToLongBits(probabilities[k]) == expected;
        }
        return right;
    }
}
`;
}
