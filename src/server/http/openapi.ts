import { PER_FEATURE_HEADER, PER_FEATURE_VALUE } from '../../protocol/extensions.js';
import { CODINGS } from '../calls/compression.js';
import { numberTypes } from '../services/inference/tensor-values.js';
import type { HttpMethod } from './methods.js';

/** The REST form as an OpenAPI document: https://spec.openapis.org/oas/v3.1.0. A test holds its paths to those of the app. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Schema = { readonly [keyword: string]: Json };

interface Operation {
  readonly name: HttpMethod;
  readonly method: 'get' | 'post';
  readonly paths: readonly string[];
  readonly summary: string;
  readonly headers?: readonly Json[];
  readonly body?: Json;
  /** Status → what it answers beside failures. */
  readonly answers: Readonly<Record<string, Json>>;
  /** Statuses of failures, beside those that every call can have. */
  readonly failures?: readonly number[];
}

const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const of = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });

/** @param optional those that may be absent; all others are there */
function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { type: 'object', properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) };
}

const parameters: Schema = { type: 'object', additionalProperties: { type: ['boolean', 'number', 'string', 'null'] } };
const element: Schema = { type: ['number', 'string', 'boolean', 'null'] };
const compute = {
  compute_input: of('Duration'),
  compute_infer: of('Duration'),
  compute_output: of('Duration'),
};

const schemas: Readonly<Record<string, Schema>> = {
  Failure: object(
    {
      error: text,
      reason: text,
      details: list(object({ field: text, description: text })),
      requestId: text,
    },
    ['reason', 'details', 'requestId'],
  ),
  ServerMetadata: object({ name: text, version: text, extensions: list(text) }),
  Live: object({ live: flag }),
  Ready: object({ ready: flag }),
  ModelReady: object({ name: text, ready: flag }),
  ModelList: object({ models: list(text), states: list(object({ name: text, state: text, reason: text })) }),
  TensorMetadata: object({ name: text, datatype: text, shape: list({ type: 'integer', minimum: -1 }) }),
  ModelMetadata: object({
    name: text,
    versions: list(text),
    platform: text,
    inputs: list(of('TensorMetadata')),
    outputs: list(of('TensorMetadata')),
  }),
  TensorConfig: object({ name: text, data_type: text, dims: list(count), format: text }, ['format']),
  ModelConfig: object({
    name: text,
    platform: text,
    backend: text,
    max_batch_size: count,
    input: list(of('TensorConfig')),
    output: list(of('TensorConfig')),
    model_transaction_policy: object({ decoupled: flag }),
  }),
  Duration: object({ count, ns: count }),
  ModelStatistics: object({
    model_stats: list(
      object({
        name: text,
        version: text,
        last_inference: count,
        inference_count: count,
        execution_count: count,
        inference_stats: object({
          success: of('Duration'),
          fail: of('Duration'),
          queue: of('Duration'),
          ...compute,
        }),
        batch_stats: list(object({ batch_size: count, ...compute })),
      }),
    ),
  }),
  RepositoryIndex: list(object({ name: text, version: text, state: text, reason: text, aliases: list(text) })),
  InferRequest: object(
    {
      id: orNull(text),
      parameters: orNull(parameters),
      inputs: list(
        object(
          {
            name: text,
            datatype: { type: 'string', enum: [...Object.keys(numberTypes), 'BYTES'] },
            shape: list(count),
            parameters: orNull(parameters),
            data: { type: 'array', items: { anyOf: [element, list(element)] } },
          },
          ['parameters', 'data'],
        ),
      ),
      outputs: orNull(list(object({ name: text, parameters: orNull(parameters) }, ['parameters']))),
    },
    ['id', 'parameters', 'outputs'],
  ),
  InferResponse: object(
    {
      model_name: text,
      model_version: text,
      id: text,
      outputs: list(
        object({ name: text, datatype: text, shape: list(count), parameters, data: list(element) }, [
          'parameters',
          'data',
        ]),
      ),
    },
    ['id'],
  ),
};

const jsonOf = (schema: string): Json => ({ 'application/json': { schema: of(schema) } });
const answer = (description: string, schema: string): Json => ({ description, content: jsonOf(schema) });
const bytes: Json = { schema: { type: 'string', contentMediaType: 'application/octet-stream' } };

const jsonBody = (schema: Schema): Json => ({ content: { 'application/json': { schema } } });

const jsonLength = (description: string): Json => ({ description, schema: count });
const JSON_LENGTH = 'Inference-Header-Content-Length';

const perFeature: Json = {
  name: PER_FEATURE_HEADER,
  in: 'header',
  description: `With ${PER_FEATURE_VALUE}, one input per feature is described in place of one for all.`,
  schema: text,
};

const model = '/v2/models/{name}';
const version = `${model}/versions/{version}`;
const both = (ending: string): readonly string[] => [model + ending, version + ending];

const operations: readonly Operation[] = [
  {
    name: 'ServerMetadata',
    method: 'get',
    paths: ['/v2'],
    summary: 'Name, version and extensions of the server',
    answers: { 200: answer('What the server is', 'ServerMetadata') },
  },
  {
    name: 'OpenApi',
    method: 'get',
    paths: ['/v2/openapi.json'],
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } } },
  },
  {
    name: 'ServerLive',
    method: 'get',
    paths: ['/v2/health/live'],
    summary: 'Whether the server lives',
    answers: { 200: answer('It does', 'Live') },
  },
  {
    name: 'ServerReady',
    method: 'get',
    paths: ['/v2/health/ready'],
    summary: 'Whether calls are welcome',
    answers: { 200: answer('They are', 'Ready'), 503: answer('The server is shutting down', 'Ready') },
  },
  {
    name: 'ModelList',
    method: 'get',
    paths: ['/v2/models'],
    summary: 'The names of the models',
    answers: { 200: answer('The names', 'ModelList') },
  },
  {
    name: 'ModelStatistics',
    method: 'get',
    paths: ['/v2/models/stats', ...both('/stats')],
    summary: 'What was inferred since the model was loaded, of one model or all: counts and durations',
    answers: { 200: answer('Counts and durations', 'ModelStatistics') },
    failures: [404, 503],
  },
  {
    name: 'ModelMetadata',
    method: 'get',
    paths: both(''),
    summary: 'What a model takes and gives',
    headers: [perFeature],
    answers: { 200: answer('Inputs and outputs', 'ModelMetadata') },
    failures: [404, 413, 503],
  },
  {
    name: 'ModelReady',
    method: 'get',
    paths: both('/ready'),
    summary: 'Whether a model can be asked',
    answers: { 200: answer('It can', 'ModelReady'), 503: answer('It cannot', 'ModelReady') },
    failures: [404],
  },
  {
    name: 'ModelConfig',
    method: 'get',
    paths: both('/config'),
    summary: "What a model takes and gives, in the form of Triton's configurations",
    headers: [perFeature],
    answers: { 200: answer('The configuration', 'ModelConfig') },
    failures: [404, 413, 503],
  },
  {
    name: 'ModelInfer',
    method: 'post',
    paths: both('/infer'),
    summary: 'Predict rows',
    headers: [
      { name: JSON_LENGTH, in: 'header', ...(jsonLength('Bytes of JSON before binary contents; 0: none') as object) },
      { name: 'Content-Encoding', in: 'header', schema: { type: 'string', enum: ['identity', ...CODINGS] } },
      { name: 'Accept-Encoding', in: 'header', schema: text },
    ],
    body: { required: true, content: { ...(jsonOf('InferRequest') as object), 'application/octet-stream': bytes } },
    answers: {
      200: {
        description: 'The outputs, as JSON or as JSON with binary contents after it',
        headers: { [JSON_LENGTH]: jsonLength('Bytes of JSON before binary contents, where there are some') },
        content: { ...(jsonOf('InferResponse') as object), 'application/octet-stream': bytes },
      },
    },
    failures: [400, 404, 408, 413, 415, 429, 503],
  },
];

const repositoryCall = (action: 'Load' | 'Unload', summary: string): Operation => ({
  name: `RepositoryModel${action}`,
  method: 'post',
  paths: [`/v2/repository/models/{name}/${action.toLowerCase()}`],
  summary,
  body: jsonBody(object({ parameters: { type: 'object' } }, ['parameters'])),
  answers: { 200: { description: 'It is done', content: { 'application/json': { schema: { type: 'object' } } } } },
  failures: [400, 404, 408, 413, 429, 503],
});

const repositoryOperations: readonly Operation[] = [
  {
    name: 'RepositoryIndex',
    method: 'post',
    paths: ['/v2/repository/index'],
    summary: 'Every version of every model, and its state',
    body: jsonBody(object({ ready: flag }, ['ready'])),
    answers: { 200: answer('The versions', 'RepositoryIndex') },
    failures: [400, 408, 413, 429],
  },
  repositoryCall('Load', 'Load a model, where the server is started for that'),
  repositoryCall('Unload', 'Unload a model, where the server is started for that'),
];

/** Those that the gate before all calls and a bug can make: a host that is none or another one, and the rest. */
const everyFailure = [400, 415, 421, 500];

/** @param release the version of this server */
export function openApi(release: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of [...operations, ...repositoryOperations]) {
    for (const path of operation.paths) {
      paths[path] = { ...paths[path], [operation.method]: describeOperation(operation, path) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'iris: the Open Inference Protocol over HTTP',
      version: release,
      description: 'Predictions of decision trees. What the values mean is in docs/protocol.md of the package.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: { schemas },
  };
}

function describeOperation(
  { answers, body, failures = [], headers = [], name, summary }: Operation,
  path: string,
): Json {
  const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, parameter]) => ({
    name: parameter!,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }));
  const statuses = [...new Set([...failures, ...everyFailure])].filter((status) => !Object.hasOwn(answers, status));
  const refused = statuses.map((status) => [status, answer('Why there is no answer', 'Failure')] as const);
  return {
    operationId: `${name}${path.includes('{version}') ? 'OfVersion' : path.endsWith('/models/stats') ? 'OfAll' : ''}`,
    summary,
    parameters: [...inPath, ...headers],
    ...(body !== undefined && { requestBody: body }),
    responses: { ...answers, ...Object.fromEntries(refused) },
  };
}
