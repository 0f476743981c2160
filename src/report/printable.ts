import type { Feature, Model } from '../artifact/model.js';

/** Line ends and everything else that a terminal would act on: C0, DEL, C1, and the marks that turn text around. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text that is shown and does nothing: control characters as `\u001b`. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As `printable`, for text of several lines. JSON stays JSON and says the same: outside of strings there is only white space. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** The model with every name made printable: a file may come from anywhere. */
export function printableModel(model: Model): Model {
  const { classes, features, training } = model;
  return {
    ...model,
    classes: classes.map(printable),
    features: features.map(printableFeature),
    training: { ...training, target: printable(training.target) },
  };
}

function printableFeature(feature: Feature): Feature {
  const name = printable(feature.name);
  return feature.kind === 'number'
    ? { ...feature, name }
    : { ...feature, name, categories: feature.categories.map(printable) };
}
