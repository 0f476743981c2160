import { RequestError, UsageError } from '../ground/errors.js';
import { checkOptions, type OptionTable, trueOrFalse } from '../ground/options.js';
import { nameInWords, shownValue } from '../ground/quote.js';
import { createClassifier } from './classifier.js';
import type { Model } from './model.js';
import { type NamedRow, namedRowEncoder } from './named-rows.js';
import { predictRows, type RowPrediction, type WantedAnswers } from './row-prediction.js';

/** The answer to a row by name. */
export interface NamedPrediction extends RowPrediction {
  /** Names of the features whose value is no category of the model: it answers them as it answers any new one. */
  readonly unknown: readonly string[];
}

/** What to answer beside the label; default: probabilities, and neither path nor contributions. */
export type PredictOptions = Partial<WantedAnswers>;

/** A model that takes rows by name. */
export interface PredictingModel extends Model {
  /**
   * @param row one value per feature: a number, the text of a category; null, undefined, NaN or '' where it is missing.
   *   A number is the category of its value.
   * @throws UsageError for an option that is unknown or out of its range, a name that no feature has, a feature without a value, a value of another kind
   * @throws RequestError for a value that the model refuses: missing where training missed none, or not finite
   */
  predict<Row extends NamedRow<Row>>(row: Row, options?: PredictOptions): NamedPrediction;
  /** As `predict`, for many rows; an error begins with the row: `rows[3]: `. */
  predictMany<Row extends NamedRow<Row>>(rows: readonly Row[], options?: PredictOptions): NamedPrediction[];
}

const predictTable: OptionTable<PredictOptions> = {
  probabilities: trueOrFalse,
  path: trueOrFalse,
  contributions: trueOrFalse,
};

/** The same object, with its methods: not enumerable, so that copies and comparisons of models see data alone. */
export function predicting(model: Model): PredictingModel {
  let predictor: ReturnType<typeof createPredictor> | undefined;
  const ask: ReturnType<typeof createPredictor> = (...question) => {
    predictor ??= createPredictor(model);
    return predictor(...question);
  };
  const methods: Pick<PredictingModel, 'predict' | 'predictMany'> = {
    predict: (row, options) => ask([row], options, () => '')[0],
    predictMany(rows, options) {
      if (!Array.isArray(rows)) throw new UsageError(`rows: expected an array of rows, found ${shownValue(rows)}`);
      return ask(rows, options, (row) => `rows[${row}]: `);
    },
  };
  return Object.defineProperties(model as PredictingModel, {
    predict: { value: methods.predict },
    predictMany: { value: methods.predictMany },
  });
}

function createPredictor(model: Model) {
  const classifier = createClassifier(model);
  const encode = namedRowEncoder(model.features);
  return (
    rows: readonly object[],
    options: PredictOptions = {},
    placeOf: (row: number) => string,
  ): NamedPrediction[] => {
    checkOptions(options, predictTable);
    const { unknown, values } = encode(rows, placeOf);
    const bad = classifier.findBadValue(values, rows.length);
    if (bad) {
      const field = placeOf(bad.row) + nameInWords(model.features[bad.feature].name);
      throw new RequestError([{ field, description: bad.description }]);
    }
    const { contributions = false, path = false, probabilities = true } = options;
    const wanted = { contributions, path, probabilities };
    const answers = predictRows(classifier, model.version, values, rows.length, wanted);
    return answers.map((answer, row) => ({ ...answer, unknown: unknown[row] }));
  };
}
