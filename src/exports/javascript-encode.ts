import { categoriesByValue } from '../data/category-index.js';
import type { FlatScorer } from './flat-scorer.js';
import { ABOUT } from './javascript-types.js';
import { listed, numberText } from './source-text.js';

/** `encode` and what it calls. The same values are taken, and the same made of them, as in Python. */
export function encoding({ features, hasCategories }: FlatScorer): string {
  const byValue = features.flatMap((feature, index) => {
    if (feature.kind === 'number') return [];
    const pairs = Array.from(categoriesByValue(feature.categories), ([value, c]) => `[${numberText(value)}, ${c}]`);
    return pairs.length === 0
      ? []
      : [`  ${index}: new Map(${listed(pairs, '[', ']', '  ').replace(/\n(?!$)/g, '\n  ')}),\n`];
  });
  const ofCategory = '  if (CATEGORIES[f] !== undefined) return categoryOf(f, value);\n';
  const categoryOf = `
function categoryOf(f, value) {
  const index = CATEGORIES[f].indexOf(value);
  if (index >= 0) return index;
  if (typeof value !== "string" && typeof value !== "number") {
    throw new TypeError(\`\${featureNames[f]}: expected a category, found \${String(value)}\`);
  }
${byValue.length === 0 ? '' : OF_VALUE}  return UNSEEN[f];
}
`;
  const table =
    byValue.length === 0
      ? ''
      : `// Categories that are numbers, each of a value of its own: their indices.
const BY_VALUE = {
${byValue.join('')}};

`;
  return `${table}${ABOUT.encode}
export function encode(values) {
  if (Object(values) !== values || Array.isArray(values)) {
    throw new TypeError(\`expected an object with values by name, found \${String(values)}\`);
  }
  const own = (name) => (Object.prototype.hasOwnProperty.call(values, name) ? values[name] : null);
  return Float64Array.from(featureNames, (name, f) => encodeValue(f, own(name)));
}

function encodeValue(f, value) {
  if (value === null || value === undefined || value === "" || Number.isNaN(value)) return Number.NaN;
${hasCategories ? ofCategory : ''}  const number = numberOf(value);
  if (number === undefined) throw new TypeError(\`\${featureNames[f]}: expected a number, found \${String(value)}\`);
  return number;
}
${hasCategories ? categoryOf : ''}
const DECIMAL = /^ *[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)? *$/;

function numberOf(value) {
  if (typeof value === "string") return DECIMAL.test(value) ? Number(value) : undefined;
  return typeof value === "number" ? value : undefined;
}
`;
}

const OF_VALUE = `  const known = BY_VALUE[f] === undefined ? undefined : BY_VALUE[f].get(numberOf(value));
  if (known !== undefined) return known;
`;
