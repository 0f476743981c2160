import type { Classifier } from '../../../model/classifier.js';
import type { Feature } from '../../../model/model.js';
import type { TensorMetadata } from '../../../protocol/messages.js';
import type { ServedModel } from '../../models/served-model.js';

/** The input that holds all features. */
export const FEATURES_INPUT = 'features';

/** Every output, in the order of the metadata. */
const outputNames = ['label', 'class_index', 'probabilities', 'leaf', 'decision_path', 'contributions'] as const;
export type OutputName = (typeof outputNames)[number];

const DEFAULT_OUTPUTS: readonly OutputName[] = ['label', 'class_index', 'probabilities', 'leaf'];

/**
 * What a request without `outputs` gets: all but the explanations, which cost more than everything else, and of several trees
 * without a leaf of each, which may be hundreds of numbers a row.
 */
export function defaultOutputsOf({ classifier }: ServedModel): readonly OutputName[] {
  return classifier.treeCount === 1 ? DEFAULT_OUTPUTS : DEFAULT_OUTPUTS.filter((name) => name !== 'leaf');
}

/**
 * Extensions of the protocol that both gRPC and REST have, by Triton's names. As there, model_repository is among them where
 * calls may not load models too: they are told so.
 */
export const extensions: readonly string[] = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'model_repository(unload_dependents)',
  'statistics',
];

/** The inputs of a model: one tensor of all features, or one per feature, which may be very many. */
export interface DescribedInputs {
  readonly count: number;
  readonly at: (index: number) => TensorMetadata;
}

/** @param perFeature describes one input per feature instead of one for all */
export function describeInputs({ model: { features } }: ServedModel, perFeature: boolean): DescribedInputs {
  const onlyNumbers = features.every(({ kind }) => kind === 'number');
  if (!onlyNumbers || perFeature) return { count: features.length, at: (index) => describeColumn(features[index]) };
  return { count: 1, at: () => ({ name: FEATURES_INPUT, datatype: 'FP64', shape: [-1, features.length] }) };
}

/** The outputs of a model. */
export function describeOutputs(served: ServedModel): TensorMetadata[] {
  return outputNamesOf(served).map((output) => describeOutput(output, served.classifier));
}

/** All outputs, but for those that the model cannot give. */
export function outputNamesOf(served: ServedModel): readonly OutputName[] {
  return outputNames.filter((name) => absenceOf(served, name) === null);
}

/** Why a model does not have an output, in words; null where it does. */
export function absenceOf({ classifier }: ServedModel, name: string): string | null {
  const { contributions, explainer } = classifier;
  if (name === 'decision_path' && explainer === null) return 'the model is more than one tree';
  return name === 'contributions' ? contributions.absence : null;
}

function describeColumn({ kind, name }: Feature): TensorMetadata {
  return { name, datatype: kind === 'number' ? 'FP64' : 'BYTES', shape: [-1] };
}

function describeOutput(name: OutputName, classifier: Classifier): TensorMetadata {
  const { classes, contributions, features, treeCount } = classifier;
  if (name === 'contributions') {
    return { name, datatype: 'FP64', shape: [-1, contributions.classes.length, features.length + 2] };
  }
  if (name === 'probabilities') return { name, datatype: 'FP64', shape: [-1, classes.length] };
  if (name === 'leaf' && treeCount > 1) return { name, datatype: 'INT32', shape: [-1, treeCount] };
  const text = name === 'label' || name === 'decision_path';
  return { name, datatype: text ? 'BYTES' : 'INT32', shape: [-1] };
}
