import type { InferParameter, InferParameters, ModelInferRequest } from '../../../protocol/messages.js';
import { quote, Violations } from '../../calls/refusal.js';
import type { Turns } from '../../calls/turns.js';

/** Steps to check a parameter. */
const CHECK_STEPS = 100;

/** Why a value of a parameter is refused; undefined where it changes nothing. `of`: an input's datatype, an output's name. */
type Judge = (value: Value, of: string) => string | undefined;
type Value = string | number | boolean | undefined;

/** Parameters of one field, by name. */
type Known = Readonly<Record<string, Judge>>;

const unless =
  (neutral: readonly Value[], what: string): Judge =>
  (value) =>
    neutral.includes(value) ? undefined : what;

/** A content type says how a client of MLServer made a tensor; these repeat the datatype. */
const madeOf =
  (...kinds: readonly string[]): Judge =>
  (value) =>
    kinds.includes(String(value)) ? undefined : `expected ${kinds.join(' or ')}, as nothing else is decoded`;

const sharedMemory = {
  shared_memory_region: unless([], 'expected none, as this server has no shared memory'),
  shared_memory_byte_size: unless([0], 'expected none, as this server has no shared memory'),
  shared_memory_offset: unless([0], 'expected none, as this server has no shared memory'),
};

/** Of a stream, asks for responses that say which one is the last of its request. */
export const EMPTY_FINAL_RESPONSE = 'triton_enable_empty_final_response';

/** Of an output: the most probable classes, so many, in place of all shares. */
export const CLASSIFICATION = 'classification';

/** Every call is answered at once, and separately. */
const requestParameters: Known = {
  priority: unless([0], 'expected 0 or none, as all calls have the same priority'),
  timeout: unless([0], 'expected 0 or none: a deadline is set for the call'),
  sequence_id: unless([0, ''], 'expected none, as the model keeps no state between calls'),
  sequence_start: unless([false], 'expected none, as the model keeps no state between calls'),
  sequence_end: unless([false], 'expected none, as the model keeps no state between calls'),
  // Each request gets one response, which is final: there is no empty one. perf_analyzer always asks for it.
  [EMPTY_FINAL_RESPONSE]: unless([true, false], 'expected true or false'),
  content_type: madeOf('np', 'pd', 'str'),
};

const inputParameters: Known = {
  ...sharedMemory,
  content_type: (value, datatype) => madeOf(...(datatype === 'BYTES' ? ['np', 'str'] : ['np']))(value, datatype),
};

/**
 * KServe's client sends what belongs to HTTP over gRPC too: the length of an input's raw contents. That of others would say
 * where another input begins.
 */
function parametersOfInput({ parameters = {} }: WithParameters, rawBytes: number | undefined): Known {
  if (!Object.hasOwn(parameters, 'binary_data_size')) return inputParameters;
  const size =
    rawBytes === undefined
      ? unless([], 'expected none, as the input has no raw contents')
      : unless([rawBytes], `expected ${rawBytes}, the length of its raw contents`);
  return { ...inputParameters, binary_data_size: size };
}

const outputParameters: Known = {
  ...sharedMemory,
  [CLASSIFICATION]: (value, name) => {
    if (value === 0) return undefined;
    if (name !== 'probabilities') return 'expected none, as probabilities alone is of classes';
    return isClassCount(value) ? undefined : 'expected a number of classes';
  },
};

const isClassCount = (value: Value): value is number => Number.isSafeInteger(value) && Number(value) > 0;

/** How many classes an output is asked for; undefined for all shares. */
export function classCountOf({ parameters }: WithParameters): number | undefined {
  const value = parameters?.[CLASSIFICATION] && chosenValue(parameters[CLASSIFICATION]);
  return isClassCount(value) ? value : undefined;
}

interface WithParameters {
  readonly parameters?: InferParameters | undefined;
}

/** Nearly all requests have none. */
export function hasParameters({ inputs, outputs, parameters }: ModelInferRequest): boolean {
  const has = ({ parameters }: WithParameters) => parameters !== undefined;
  return parameters !== undefined || inputs.some(has) || outputs.some(has);
}

/**
 * A parameter changes what a request asks for: one that this server does not support is refused. Those of binary data over
 * HTTP are not among them: the reader of that form removes them.
 *
 * @throws RequestError with the path of each
 */
export async function requireKnownParameters(request: ModelInferRequest, turns: Turns): Promise<void> {
  const violations = new Violations();
  await check(request, requestParameters, 'parameters', '', violations, turns);
  for (const [index, input] of request.inputs.entries()) {
    const known = parametersOfInput(input, request.raw_input_contents[index]?.byteLength);
    await check(input, known, `inputs[${index}].parameters`, input.datatype, violations, turns);
  }
  for (const [index, output] of request.outputs.entries()) {
    await check(output, outputParameters, `outputs[${index}].parameters`, output.name, violations, turns);
  }
  violations.throwIfAny();
}

async function check(
  { parameters = {} }: WithParameters,
  known: Known,
  path: string,
  of: string,
  violations: Violations,
  turns: Turns,
): Promise<void> {
  if (turns.spend(CHECK_STEPS)) await turns.pause();
  for (const [name, parameter] of Object.entries(parameters)) {
    if (turns.spend(CHECK_STEPS)) await turns.pause();
    if (!Object.hasOwn(known, name)) {
      violations.add(path, `expected no parameter ${quote(name)}, which this server does not know`);
      continue;
    }
    const value = chosenValue(parameter);
    const reason = known[name](value, of);
    if (reason !== undefined) violations.add(`${path}.${name}`, `${reason}, found ${describe(value)}`);
  }
}

function chosenValue(parameter: InferParameter): Value {
  return Object.values(parameter).find((value) => value !== undefined);
}

function describe(value: Value): string {
  if (value === undefined) return 'no value';
  return typeof value === 'string' ? quote(value) : String(value);
}
