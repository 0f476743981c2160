/**
 * Our model takes one tensor `features`, which has no place for the features' names. A ModelMetadata call with this
 * request header is answered with one input per feature instead: its name, FP64 or BYTES (a category), shape [-1].
 * Other servers ignore the header.
 */
export const PER_FEATURE_HEADER = 'iris-inputs';
export const PER_FEATURE_VALUE = 'per-feature';
