/**
 * The Open Inference Protocol has no place for class names, so ours travel as a parameter of the output tensor
 * `probabilities`: `parameters["classes"].string_param` holds a JSON array of labels in the order of the columns.
 * Clients that do not know it ignore it. (ModelMetadata's `properties` stay empty: some clients fail to decode them.)
 */
export const CLASS_NAMES_PARAMETER = 'classes';
