import { unseenCategory } from '../model/model.js';
import { type CodeRequest, type ExportedFile, kindOfModel, origin } from './exported-file.js';
import type { FlatScorer } from './flat-scorer.js';
import { badFileName, badPackage, identifier, isIdentifier } from './identifiers.js';
import { ensembleMethods, ensembleTables, marginsMethod, PREDICT } from './java-ensemble.js';
import { Lists } from './java-lists.js';
import { JAVA_CLASSES, JAVA_KEYWORDS } from './reserved-names.js';
import { commentText, decimal, decimalOr, hexWord, nodeComment, numberText, setBits } from './source-text.js';
import { hasDirections, numberOf } from './together-text.js';

/** Characters of a constant, which may have 65 535 bytes. */
const LONGEST_STRING = 16_000;

/** One class without dependencies, for Java 8 and later, and a program that runs the vectors. */
export function javaFiles({ baseName, extension, packageName, scorer, vectors }: CodeRequest): ExportedFile[] {
  const name = className(baseName, extension);
  const clause = packageName === undefined ? '' : `package ${checkedPackage(packageName)};\n\n`;
  const files = [{ name: `${name}.java`, content: source(scorer, name, clause) }];
  if (vectors === undefined) return files;
  return [...files, { name: `${name}Test.java`, content: test(scorer, name, clause, vectors) }];
}

function className(baseName: string, extension: string): string {
  const isClass = isIdentifier(baseName) && /^[A-Z]/.test(baseName);
  if (isClass && !JAVA_CLASSES.has(baseName)) return baseName;
  const words = identifier(baseName).split('_');
  const plain = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  throw badFileName(
    isClass
      ? 'a file with another name than a class of Java, which its own would hide'
      : 'a file whose name is an identifier that begins with a capital letter, as it names the class',
    `${baseName}${extension}`,
    `${JAVA_CLASSES.has(plain) ? `${plain}Model` : plain}${extension}`,
  );
}

function checkedPackage(name: string): string {
  const parts = name.split('.');
  const isPart = (part: string) => isIdentifier(part) && !JAVA_KEYWORDS.has(part);
  if (parts.every(isPart) && parts[0] !== 'java') return name;
  const others = parts.map((part, index) => {
    const plain = identifier(part);
    return isPart(plain) && (index > 0 || plain !== 'java') ? plain : `${plain}_`;
  });
  throw badPackage(
    'identifiers with dots between them, none of them a keyword, the first not java',
    name,
    others.join('.'),
  );
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

function source(scorer: FlatScorer, name: string, clause: string): string {
  const { classes, features, hasCategories, together } = scorer;
  const lists = new Lists();
  const tables = tablesOf(scorer, lists);
  return `${clause}/**
 * ${kindOfModel(scorer)}. A row has one value per feature, in the order of featureNames: a number, the index of a category,
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
${together === null ? TREE_METHODS : `${PREDICT}${together.kind === 'boosted' ? marginsMethod(together) : ''}`}${hasCategories ? CATEGORY_METHOD : ''}
    private static boolean accepts(double[] row) {
        for (int f = 0; f < FEATURE_COUNT; f++) {
            double value = row[f];
${acceptance(scorer)}            if (Double.isNaN(value) || Double.isInfinite(value)) {
                return false;
            }
        }
        return true;
    }

    private static int findLeaf(double[] row, int root) {
        int at = root;
        while (FEATURE[at] >= 0) {
            double value = row[FEATURE[at]];
${step(scorer)}            at = left ? at + 1 : NEXT[at];
        }
        return at;
    }
${together === null ? '' : ensembleMethods(together)}
${tables}${lists.rest()}}
`;
}

const TREE_METHODS = `
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
        int from = NEXT[findLeaf(row, 0)] * CLASS_COUNT;
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
        return accepts(row) ? findLeaf(row, 0) : -1;
    }
`;

function tablesOf(scorer: FlatScorer, lists: Lists): string {
  const { classes, features, hasCategories, hasMissing, together } = scorer;
  return `${lists.texts(
    'String',
    'FEATURES',
    features.map((feature) => literal(feature.name)),
  )}
${lists.texts('String', 'CLASSES', classes.map(literal))}
${hasCategories ? categoryTables(scorer, lists) : ''}${
  hasMissing
    ? `    /** Whether the value of a feature may be missing. */
${lists.numbers(
  'boolean',
  'MAY_BE_MISSING',
  features.map(({ missing }) => Number(missing)),
  truth,
  String,
)}
`
    : ''
}${nodeTables(scorer, lists)}${together === null ? '' : `\n${ensembleTables(scorer, together, lists)}`}`;
}

const truth = (value: number) => String(value === 1);

function nodeTables(scorer: FlatScorer, lists: Lists): string {
  const { answerCount, classes, hasSets, hasZeroMissing, together } = scorer;
  const bits = setBits(scorer);
  const adds = together?.output.some((output) => output >= 0);
  const numbers = scorer.threshold.map((_, node) => numberOf(scorer, node));
  const infinite = (value: number) => decimalOr('Double.POSITIVE_INFINITY', value).replace('-Double.POS', 'Double.NEG');
  const tables = [
    `    /** The feature that is asked for; -1 at a leaf. */
${lists.numbers('int', 'FEATURE', scorer.feature, String)}`,
    `    /** Left when the value is at most this${adds ? '; at a leaf what is added' : ''}. */
${lists.numbers('double', 'THRESHOLD', numbers, infinite, numberText)}`,
    `    /** The right child${answerCount > 0 ? '; at a leaf its row of ANSWERS' : ''}. */
${lists.numbers('int', 'NEXT', scorer.next, String)}`,
  ];
  if (hasDirections(scorer)) {
    tables.push(`    /** Whether a missing value goes left. */
${lists.numbers('boolean', 'MISSING_LEFT', scorer.missingLeft, truth, String)}`);
  }
  if (hasZeroMissing) {
    tables.push(`    /** Whether 0 goes where a missing value goes. */
${lists.numbers('boolean', 'ZERO_MISSING', scorer.zeroMissing, truth, String)}`);
  }
  if (hasSets) {
    tables.push(
      `    /** Where a set begins in SETS; -1 where a number is asked for. */
${lists.numbers('int', 'SET', bits.start, String)}`,
      `    /** Categories that go left, as bits: bit 0 is an unknown one, bit c + 1 category c. */
${lists.numbers('int', 'SETS', bits.words, hexWord, (word) => String(word | 0))}`,
    );
  }
  if (answerCount > 0) {
    const about = together === null ? `answer: ${classes.length} probabilities` : `add: ${scorer.answerWidth} numbers`;
    tables.push(`    /** What leaves ${about}, one row after the other. */
${lists.numbers('double', 'ANSWERS', scorer.answers, decimal)}`);
  }
  return `    // Nodes: the left child of i is i + 1.
${explained(scorer)}${tables.join('\n')}`;
}

const CATEGORY_METHOD = `
    /**
     * The value that stands for a category in a row. An unknown category is the category of all others, if the model
     * has one, else -1; null and the empty text are NaN, a missing value. Of a feature that is a number every other text
     * is -1.
     */
    public static double category(int feature, String text) {
        if (text == null || text.isEmpty()) {
            return Double.NaN;
        }
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
      ? [`${lists.texts('String', `CATEGORIES_${index}`, feature.categories.map(literal))}\n`]
      : [],
  );
  const unseen = features.map((feature) => (feature.kind === 'category' ? unseenCategory(feature) : -1));
  return `${tables.join('')}    /** The categories of each feature; null of a number. */
${lists.texts('String[]', 'CATEGORIES', names)}
    /** What stands for a text that is no category. */
${lists.numbers('int', 'UNSEEN', unseen, String)}
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

function step(scorer: FlatScorer): string {
  const { hasSets, hasZeroMissing } = scorer;
  if (!hasSets && !hasDirections(scorer)) return '            boolean left = value <= THRESHOLD[at];\n';
  const branches: string[] = [];
  const zero = hasZeroMissing ? ' || (value == 0 && ZERO_MISSING[at])' : '';
  if (hasDirections(scorer)) {
    branches.push(`if (Double.isNaN(value)${zero}) {\n                left = MISSING_LEFT[at];\n            }`);
  }
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

function test({ together }: FlatScorer, name: string, clause: string, vectors: string): string {
  const program = clause.replace(/package (.*);\s*/, '$1.').concat(name, 'Test');
  return `${clause}import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;

/**
 * Runs the rows of ${commentText(vectors)}, which lies beside the class or in the working directory, or of the file that
 * is its argument: every answer has to be equal bit for bit. In the folder of these files:
 *
 * <p>{@code javac -d . ${name}.java ${name}Test.java && java ${program}}
 */
public final class ${name}Test {
    private ${name}Test() {
    }

    public static void main(String[] arguments) throws java.io.IOException {
        int rows = 0;
        int wrong = 0;
        try (java.io.BufferedReader vectors = open(arguments)) {
            for (String line = vectors.readLine(); line != null; line = vectors.readLine()) {
                if (line.startsWith("#")) {
                    continue;
                }
                rows++;
                if (!isRight(line.split("\\t"))) {
                    wrong++;
                    System.out.println("wrong: " + line);
                }
            }
        }
        System.out.println(rows + " rows, " + wrong + " wrong");
        System.exit(rows == 0 || wrong != 0 ? 1 : 0);
    }

    private static java.io.BufferedReader open(String[] arguments) throws java.io.IOException {
        String name = arguments.length > 0 ? arguments[0] : ${literal(vectors)};
        java.io.InputStream beside = arguments.length > 0 ? null : ${name}Test.class.getResourceAsStream(name);
        java.io.InputStream file = beside != null ? beside : Files.newInputStream(Paths.get(name));
        return new java.io.BufferedReader(new java.io.InputStreamReader(file, StandardCharsets.UTF_8));
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
                && areEqual(probabilities, cells, row.length + 1);
${lastCells(together, name)}    }

    /** Whether numbers have the bits of the cells from an index on. */
    private static boolean areEqual(double[] found, String[] cells, int from) {
        boolean equal = true;
        for (int k = 0; k < found.length; k++) {
            // doubleToLongBits gives every NaN the same bits.
            equal &= Double.doubleToLongBits(found[k]) == Long.parseUnsignedLong(cells[from + k], 16);
        }
        return equal;
    }
}
`;
}

/** How what a line has after the probabilities is tried, if anything. */
function lastCells(together: FlatScorer['together'], name: string): string {
  if (together === null)
    return `        return right && ${name}.leaf(row) == Integer.parseInt(cells[cells.length - 1]);\n`;
  if (together.kind === 'forest') return '        return right;\n';
  return `        return right && areEqual(${name}.margins(row), cells, row.length + 1 + probabilities.length);\n`;
}
