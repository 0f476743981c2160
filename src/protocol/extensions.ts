/** What our server and client say to each other beyond the Open Inference Protocol. Others ignore it. */

/**
 * The protocol has no place for class names, so they are a parameter of the output tensor `probabilities`:
 * `parameters["classes"].string_param` holds a JSON array of labels in the order of the columns. (ModelMetadata's
 * `properties` stay empty unless our client asks: some clients fail to decode them.)
 * Why: docs/decisions/class-names-are-a-parameter.md
 */
export const CLASS_NAMES_PARAMETER = 'classes';

/** Of the output `contributions`, which has that parameter too: whether they add up to a `share` or a `margin`. */
export const CONTRIBUTIONS_OF_PARAMETER = 'of';

/**
 * Our model takes one tensor `features`, which has no place for the features' names. A ModelMetadata call with this
 * request header is answered with one input per feature instead: its name, FP64 or BYTES (a category), shape [-1].
 */
export const PER_FEATURE_HEADER = 'iris-inputs';
export const PER_FEATURE_VALUE = 'per-feature';

/**
 * In the answer to such a call over gRPC `properties["categories"]` is a JSON array with an entry per input: the categories
 * that the model knows, or null for a number, and where one category stands for every other text. It is not there for a model without categories, or with very many.
 */
export const CATEGORIES_PROPERTY = 'categories';
