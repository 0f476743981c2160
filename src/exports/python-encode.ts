import { categoriesByValue } from '../data/category-index.js';
import type { FlatScorer } from './flat-scorer.js';

/** `encode` and what it calls. The same values are taken, and the same made of them, as in JavaScript. */
export function encoding({ features, hasCategories }: FlatScorer): string {
  const hasValues = features.some((feature) => valuesOf(feature).length > 0);
  const category = `
def _category_of(f: int, value: Any) -> float:
    names = _CATEGORIES[f] or ()
    if isinstance(value, str) and value in names:
        return names.index(value)
    number = _number_of(value)
    if number is None and not isinstance(value, str):
        raise ValueError(f"{FEATURE_NAMES[f]}: expected a category, found {value!r}")
    return ${hasValues ? '_BY_VALUE[f].get(number, _UNSEEN[f])' : '_UNSEEN[f]'}

`;
  return `_DECIMAL = re.compile(r" *[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)? *\\Z")


def encode(values: Mapping[str, Any]) -> List[float]:
    """A row from a dictionary by name.

    A category is its text, or a number of its value; a number may be a decimal text. What is absent, None, nan or ""
    is missing. An unknown category is the category of all others, if the model has one, else -1. Any other value raises
    a ValueError.
    """
    return [_encode(f, values.get(name)) for f, name in enumerate(FEATURE_NAMES)]


def _encode(f: int, value: Any) -> float:
    if value is None or value == "" or value != value:  # NaN
        return math.nan
${hasCategories ? '    if _CATEGORIES[f] is not None:\n        return _category_of(f, value)\n' : ''}    number = _number_of(value)
    if number is None:
        raise ValueError(f"{FEATURE_NAMES[f]}: expected a number, found {value!r}")
    return number

${hasCategories ? category : ''}
def _number_of(value: Any) -> Optional[float]:
    # float() takes more: "1_000", bytes, truth values, those of numpy too.
    if isinstance(value, str):
        return float(value) if _DECIMAL.match(value) else None
    if not hasattr(value, "__float__") or type(value).__name__ in ("bool", "bool_"):
        return None
    try:
        return float(value)
    except OverflowError:  # an integer that no double holds
        return math.inf if value > 0 else -math.inf
`;
}

/** The categories of a feature that are numbers, each of a value of its own: their values and indices. */
export function valuesOf(feature: FlatScorer['features'][number]): [number, number][] {
  return feature.kind === 'category' ? [...categoriesByValue(feature.categories)] : [];
}
