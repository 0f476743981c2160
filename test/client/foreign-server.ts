import { fileURLToPath } from 'node:url';
import {
  type GrpcObject,
  loadPackageDefinition,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

// What these servers know of the protocol comes from the .proto file alone, never from src/.
const proto = fileURLToPath(new URL('../../proto/open_inference.proto', import.meta.url));
const definition = loadSync(proto, { keepCase: true, longs: Number, defaults: true });
const inference = loadPackageDefinition(definition)['inference'] as GrpcObject;
const service = (inference['GRPCInferenceService'] as unknown as { service: ServiceDefinition }).service;

export interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
  parameters?: Record<string, { string_param?: string }>;
  contents?: Record<string, unknown> | null;
}

export interface InferRequest {
  model_name: string;
  model_version: string;
  inputs: Tensor[];
  outputs: { name: string }[];
  raw_input_contents: Buffer[];
}

export interface InferAnswer {
  model_name?: string;
  model_version?: string;
  outputs: Tensor[];
  raw_output_contents?: Buffer[];
}

export interface Metadata {
  name?: string;
  versions?: string[];
  platform?: string;
  inputs: Tensor[];
  outputs?: Tensor[];
}

export interface Behaviour {
  metadata: Metadata;
  /** The names that RepositoryIndex lists; without them the server does not have that method. */
  models?: string[];
  /** Throws a ServiceError's parts to fail the call; a pending promise never answers. */
  infer(request: InferRequest): InferAnswer | Promise<InferAnswer>;
}

export interface ForeignServer {
  readonly port: number;
  /** Every ModelInfer request, as it came. */
  readonly requests: InferRequest[];
  /** Ends at once, calls in flight too. */
  kill(): void;
}

type Handler = (call: ServerUnaryCall<InferRequest, unknown>, answer: sendUnaryData<unknown>) => void;

export async function startForeignServer(
  { infer, metadata, models }: Behaviour,
  {
    port = 0,
    credentials = ServerCredentials.createInsecure(),
  }: { port?: number; credentials?: ServerCredentials } = {},
): Promise<ForeignServer> {
  const server = new Server();
  const requests: InferRequest[] = [];
  const methods: Record<string, Handler> = {
    ModelMetadata: (_call, answer) => answer(null, { name: 'iris', versions: ['1'], platform: '', ...metadata }),
    ...(models && {
      RepositoryIndex: (_call, answer) => answer(null, { models: models.map((name) => ({ name, state: 'READY' })) }),
    }),
    ModelInfer: ({ request }, answer) => {
      requests.push(request);
      Promise.resolve()
        .then(() => infer(request))
        .then(
          (value) => answer(null, { model_name: request.model_name, model_version: '1', ...value }),
          (error: ServiceError) => answer(error),
        );
    },
  };
  server.addService(service, methods as never);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, found) => (error ? reject(error) : resolve(found)));
  });
  return { port: bound, requests, kill: () => server.forceShutdown() };
}

/** The encoder of a message that another implementation would use. */
export const inferMethod = service['ModelInfer'] as MethodDefinition<unknown, unknown>;

/** Rows of one FP32 or FP64 matrix, from typed contents. */
export function typedRows({ inputs }: InferRequest): number[][] {
  const [{ contents, shape }] = inputs as [Tensor];
  const values = (contents!['fp64_contents'] as number[]).concat(contents!['fp32_contents'] as number[]);
  return Array.from({ length: shape[0]! }, (_, row) => values.slice(row * shape[1]!, (row + 1) * shape[1]!));
}

/** A model of one question: setosa up to 2.45, versicolor above. */
export function classOf(petalLength: number): number {
  return petalLength <= 2.45 ? 0 : 1;
}

/** Like Triton with an ONNX model: FP32 in, raw contents out, whatever the form of the question. */
export const tritonLike: Behaviour = {
  metadata: {
    platform: 'onnxruntime_onnx',
    versions: ['3'],
    inputs: [{ name: 'float_input', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [
      { name: 'out_label', datatype: 'INT64', shape: [-1] },
      { name: 'out_shares', datatype: 'FP32', shape: [-1, 2] },
    ],
  },
  infer(request) {
    const rows = typedRows(request);
    const labels = Buffer.alloc(8 * rows.length);
    const shares = Buffer.alloc(8 * rows.length);
    rows.forEach((row, i) => {
      labels.writeBigInt64LE(BigInt(classOf(row[2]!)), 8 * i);
      shares.writeFloatLE(0.75, 8 * i + 4 * classOf(row[2]!));
      shares.writeFloatLE(0.25, 8 * i + 4 * (1 - classOf(row[2]!)));
    });
    return {
      model_version: '3',
      outputs: [
        { name: 'out_label', datatype: 'INT64', shape: [rows.length] },
        { name: 'out_shares', datatype: 'FP32', shape: [rows.length, 2] },
      ],
      raw_output_contents: [labels, shares],
    };
  },
};

/** Like MLServer with scikit-learn: no outputs in the metadata, typed contents, shape [n, 1], integer classes. */
export const mlserverLike: Behaviour = {
  metadata: {
    platform: '',
    versions: [],
    inputs: [{ name: 'predict', datatype: 'FP64', shape: [-1, 4] }],
    outputs: [],
  },
  infer(request) {
    const rows = typedRows(request);
    const contents = { int64_contents: rows.map((row) => classOf(row[2]!)) };
    return { model_version: '', outputs: [{ name: 'predict', datatype: 'INT64', shape: [rows.length, 1], contents }] };
  },
};

/** One input per feature, of different datatypes; texts for answers. */
export const columnsLike: Behaviour = {
  metadata: {
    platform: 'custom',
    inputs: [
      { name: 'colour', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'age', datatype: 'INT32', shape: [-1] },
    ],
  },
  infer({ inputs }) {
    const colours = inputs[0]!.contents!['bytes_contents'] as Buffer[];
    const ages = inputs[1]!.contents!['int_contents'] as number[];
    const texts = colours.map((colour, i) => Buffer.from(`${colour.toString()} ${ages[i]}`));
    const shape = [texts.length];
    return { outputs: [{ name: 'answer', datatype: 'BYTES', shape, contents: { bytes_contents: texts } }] };
  },
};
