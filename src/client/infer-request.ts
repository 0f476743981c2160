import type { InferTensor, ModelInferRequest } from '../protocol/messages.js';
import type { ModelInterface } from './model-interface.js';
import type { Rows, Wanted } from './prediction.js';
import { numberContents, rawBytes, rawFp64 } from './tensor.js';

/** The name of our one tensor of all features. */
const OWN_INPUT = 'features';

/**
 * Rows → request. Our server gets raw contents, the fastest form; other servers get typed contents, which all accept.
 *
 * @throws RequestError for a value that an input's datatype cannot hold
 */
export function inferRequest(model: string, shape: ModelInterface, rows: Rows, wanted: Wanted): ModelInferRequest {
  const inputs = shape.own ? ownInputs(shape, rows) : typedInputs(shape, rows);
  return {
    model_name: model,
    model_version: '',
    id: '',
    inputs: inputs.map(({ tensor }) => tensor),
    outputs: requestedOutputs(shape, wanted).map((name) => ({ name })),
    raw_input_contents: inputs.flatMap(({ raw }) => (raw ? [raw] : [])),
  };
}

interface Input {
  readonly tensor: InferTensor;
  readonly raw?: Uint8Array;
}

/** Empty: the server's default outputs. */
function requestedOutputs({ own, outputs }: ModelInterface, wanted: Wanted): readonly string[] {
  if (!own) return wanted.probabilities || wanted.path || wanted.contributions ? outputs : [];
  return [
    'label',
    'class_index',
    ...(wanted.probabilities ? ['probabilities'] : []),
    ...(wanted.path ? ['decision_path'] : []),
    ...(wanted.contributions ? ['contributions'] : []),
  ];
}

function ownInputs({ features, inputs }: ModelInterface, rows: Rows): Input[] {
  const width = features!.length;
  if (features!.every(({ kind }) => kind === 'number')) {
    return [
      { tensor: { name: OWN_INPUT, datatype: 'FP64', shape: [rows.rowCount, width] }, raw: rawFp64(rows.values) },
    ];
  }
  return inputs.map(({ name, datatype }, feature) => ({
    tensor: { name, datatype, shape: [rows.rowCount] },
    raw: datatype === 'BYTES' ? rawBytes(textColumn(rows, feature)) : rawFp64(numberColumn(rows, feature)),
  }));
}

function typedInputs({ inputs, layout }: ModelInterface, rows: Rows): Input[] {
  return inputs.map(({ name, datatype, shape }, feature) => {
    const matrix = layout === 'matrix';
    const width = matrix ? widthOf(rows) : 1;
    const contents =
      datatype === 'BYTES'
        ? { bytes_contents: (matrix ? rows.texts! : textColumn(rows, feature)).map((text) => Buffer.from(text)) }
        : numberContents(name, datatype, matrix ? rows.values : numberColumn(rows, feature));
    return {
      tensor: { name, datatype, shape: shape.length === 2 ? [rows.rowCount, width] : [rows.rowCount], contents },
    };
  });
}

function widthOf({ rowCount, values }: Rows): number {
  return values.length / rowCount;
}

function numberColumn(rows: Rows, feature: number): Float64Array {
  const width = widthOf(rows);
  return Float64Array.from({ length: rows.rowCount }, (_, row) => rows.values[row * width + feature]!);
}

function textColumn(rows: Rows, feature: number): string[] {
  const width = widthOf(rows);
  return Array.from({ length: rows.rowCount }, (_, row) => rows.texts![row * width + feature]!);
}
