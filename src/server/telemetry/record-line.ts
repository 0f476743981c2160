import { UNKNOWN_CATEGORY } from '../../ground/limits.js';
import type { Classifier } from '../../model/classifier.js';
import type { Feature } from '../../model/model.js';

/** What a line of a record is called, to tell it from other JSON. */
export const RECORD_KEYS = ['time', 'model', 'version', 'features', 'label', 'probabilities'] as const;

/** A value of a row: null where it is missing. A model does not keep the text of a category that it does not know. */
export type RecordedValue = number | string | null | { readonly unknown: true };

/** One line of a record: a row that was predicted, and what was answered. */
export interface RecordedRow {
  /** When, in ISO 8601. */
  readonly time: string;
  /** The model's name on the wire. */
  readonly model: string;
  readonly version: string;
  readonly features: Readonly<Record<string, RecordedValue>>;
  readonly label: string;
  /** By class; classes without a share are left out. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/**
 * @param timeMs since 1970
 * @returns the line of the row that begins at `start`, with its end
 */
export type LineWriter = (rows: Float64Array, start: number, timeMs: number) => string;

/**
 * Writes rows of one model with what it answers to them: a row is predicted again, off the way of its call, and gets the
 * same answer from the same model.
 */
export function lineWriter(classifier: Classifier, name: string, version: string): LineWriter {
  const { classes, features } = classifier;
  const width = features.length;
  const origin = `","model":${JSON.stringify(name)},"version":${JSON.stringify(version)},"features":{`;
  const keys = features.map((feature, index) => `${index === 0 ? '' : ','}${JSON.stringify(feature.name)}:`);
  const values = features.map(valueWriter);
  const labels = classes.map((label) => JSON.stringify(label));
  const [label, shares] = [new Int32Array(1), new Float64Array(classes.length)];
  return (rows, start, timeMs) => {
    const row = rows.subarray(start, start + width);
    classifier.answerInto(row, 1, { labels: label, shares });
    let line = `{"time":"${new Date(timeMs).toISOString()}${origin}`;
    for (let feature = 0; feature < width; feature++) line += keys[feature] + values[feature](row[feature]);
    line += `},"label":${labels[label[0]]},"probabilities":{`;
    let comma = '';
    for (let index = 0; index < shares.length; index++) {
      if (shares[index] === 0) continue;
      line += `${comma}${labels[index]}:${shares[index]}`;
      comma = ',';
    }
    return `${line}}}\n`;
  };
}

function valueWriter(feature: Feature): (value: number) => string {
  if (feature.kind === 'number') return (value) => (Number.isNaN(value) ? 'null' : String(value));
  const texts = feature.categories.map((text) => JSON.stringify(text));
  return (value) => {
    if (Number.isNaN(value)) return 'null';
    return value === UNKNOWN_CATEGORY ? '{"unknown":true}' : texts[value];
  };
}
