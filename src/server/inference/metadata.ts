import type { ModelMetadataResponse, TensorMetadata } from '../../protocol/messages.js';
import { PLATFORM } from '../../protocol/services.js';
import type { ServedModel } from '../served-model.js';

/** The input that holds all features. */
export const FEATURES_INPUT = 'features';

/** Every output, in the order in which metadata tells them. */
export const outputNames = ['label', 'class_index', 'probabilities', 'leaf', 'decision_path'] as const;
export type OutputName = (typeof outputNames)[number];

/** What a request without `outputs` gets. */
export const defaultOutputs: readonly OutputName[] = ['label', 'class_index', 'probabilities'];

/**
 * What a model takes and gives.
 *
 * @param perFeature tells one input per feature where one of them all would do
 */
export function describeModel({ model, name }: ServedModel, perFeature: boolean): ModelMetadataResponse {
  const { classes, features } = model;
  const onlyNumbers = features.every(({ kind }) => kind === 'number');
  const matrix = { name: FEATURES_INPUT, datatype: 'FP64', shape: [-1, features.length] };
  const columns = features.map((feature) => ({
    name: feature.name,
    datatype: feature.kind === 'number' ? 'FP64' : 'BYTES',
    shape: [-1],
  }));
  return {
    name,
    versions: [model.version],
    platform: PLATFORM,
    inputs: onlyNumbers && !perFeature ? [matrix] : columns,
    outputs: outputNames.map((output) => describeOutput(output, classes.length)),
  };
}

function describeOutput(name: OutputName, classCount: number): TensorMetadata {
  if (name === 'probabilities') return { name, datatype: 'FP64', shape: [-1, classCount] };
  const text = name === 'label' || name === 'decision_path';
  return { name, datatype: text ? 'BYTES' : 'INT32', shape: [-1] };
}
