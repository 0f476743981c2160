import type { InferTensor, ModelInferRequest } from '../../../protocol/messages.js';
import { quote, type Violations } from '../../calls/refusal.js';
import { numberTypes, type RawContents } from './tensor-values.js';

/** A tensor that has passed the checks of its name, type and shape. */
export interface CheckedInput {
  readonly tensor: InferTensor;
  readonly path: string;
  readonly raw: RawContents | undefined;
  readonly rowCount: number;
}

export function describeInput({ inputs, raw_input_contents: raws }: ModelInferRequest, position: number): CheckedInput {
  const tensor = inputs[position];
  const bytes = raws[position];
  const raw = bytes && { bytes, path: `raw_input_contents[${position}]` };
  return { tensor, raw, path: `inputs[${position}]`, rowCount: tensor.shape[0] ?? 0 };
}

export function requireNumberType({ path, tensor: { datatype } }: CheckedInput, violations: Violations): void {
  if (Object.hasOwn(numberTypes, datatype)) return;
  violations.add(`${path}.datatype`, `expected ${Object.keys(numberTypes).join(', ')}, found ${quote(datatype)}`);
}

/** Sizes come as 64-bit integers: no product is formed before each is known to be small. */
export function requireRowCount({ path, rowCount }: CheckedInput, maxRows: number, violations: Violations): void {
  if (rowCount < 0) violations.add(`${path}.shape[0]`, `expected a number of rows, found ${rowCount}`);
  if (rowCount > maxRows) {
    violations.add(
      `${path}.shape[0]`,
      `expected at most ${maxRows} rows, this server's maxBatchRows, found ${rowCount}`,
    );
  }
}

export function describeShape(shape: readonly number[]): string {
  return shape.length > 8 ? `${shape.length} sizes` : `[${shape.join(', ')}]`;
}
