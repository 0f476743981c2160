/**
 * The messages of proto/iris.proto and proto/open_inference.proto as proto-loader reads and writes them with
 * `messageOptions`: names as in the .proto, 64-bit integers as numbers, an absent message as null, an absent list as [].
 */

export interface IrisPredictRequest {
  readonly sepal_length: number;
  readonly sepal_width: number;
  readonly petal_length: number;
  readonly petal_width: number;
  readonly explain: boolean;
}

export interface DecisionStep {
  readonly feature: string;
  readonly value: number;
  readonly threshold: number;
  readonly went_left: boolean;
  readonly samples: number;
}

export interface IrisPredictReply {
  readonly species: number;
  readonly species_name: string;
  readonly probabilities: readonly number[];
  readonly model_version: string;
  readonly path: readonly DecisionStep[];
}

export interface ServerLiveResponse {
  readonly live: boolean;
}

export interface ServerReadyResponse {
  readonly ready: boolean;
}

export interface ServerMetadataResponse {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** Also the request of ModelReady. An empty version is the loaded one. */
export interface ModelMetadataRequest {
  readonly name: string;
  readonly version: string;
}

export interface ModelReadyResponse {
  readonly ready: boolean;
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 where the size varies. */
  readonly shape: readonly number[];
}

export interface ModelMetadataResponse {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  readonly properties?: Readonly<Record<string, string>>;
}

export interface InferParameter {
  readonly bool_param?: boolean;
  readonly int64_param?: number;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: number;
}

export type InferParameters = Readonly<Record<string, InferParameter>>;

/** Elements in the field of the tensor's datatype, row-major. proto-loader writes arrays only, no typed arrays. */
export interface InferTensorContents {
  readonly bool_contents?: ArrayLike<boolean | number>;
  readonly int_contents?: ArrayLike<number>;
  readonly int64_contents?: ArrayLike<number>;
  readonly uint_contents?: ArrayLike<number>;
  readonly uint64_contents?: ArrayLike<number>;
  readonly fp32_contents?: ArrayLike<number>;
  readonly fp64_contents?: ArrayLike<number>;
  readonly bytes_contents?: readonly Uint8Array[];
}

/** An input of a request or an output of a response. */
export interface InferTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters?: InferParameters | undefined;
  readonly contents?: InferTensorContents | null;
}

export interface InferRequestedOutput {
  readonly name: string;
  readonly parameters?: InferParameters | undefined;
}

export interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters?: InferParameters | undefined;
  readonly inputs: readonly InferTensor[];
  readonly outputs: readonly InferRequestedOutput[];
  /** One per input, or none. Over HTTP an input may have its contents while others are raw. */
  readonly raw_input_contents: readonly (Uint8Array | undefined)[];
}

export interface ModelInferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly InferTensor[];
  readonly raw_output_contents: readonly Uint8Array[];
}

/** An empty name is all models, an empty version the loaded one. */
export type ModelStatisticsRequest = ModelMetadataRequest;

export interface StatisticDuration {
  readonly count: number;
  /** Of all together. */
  readonly ns: number;
}

/** Parts of an inference that predicted. */
export interface ComputeStatistics {
  readonly compute_input: StatisticDuration;
  readonly compute_infer: StatisticDuration;
  readonly compute_output: StatisticDuration;
}

export interface ModelStatisticsMessage {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since 1970; 0 where there was none. */
  readonly last_inference: number;
  /** Rows. */
  readonly inference_count: number;
  /** Requests. */
  readonly execution_count: number;
  readonly inference_stats: ComputeStatistics & {
    readonly success: StatisticDuration;
    readonly fail: StatisticDuration;
    readonly queue: StatisticDuration;
  };
  readonly batch_stats: readonly (ComputeStatistics & { readonly batch_size: number })[];
}

export interface RepositoryIndexRequest {
  readonly repository_name: string;
  readonly ready: boolean;
}

export interface ModelIndex {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
}

export interface RepositoryIndexResponse {
  readonly models: readonly ModelIndex[];
}

/** `parameter_choice`: the field that is set. */
export interface ModelRepositoryParameter {
  readonly parameter_choice?: 'bool_param' | 'int64_param' | 'string_param' | 'bytes_param';
  readonly bool_param?: boolean;
  readonly int64_param?: number;
  readonly string_param?: string;
  readonly bytes_param?: Uint8Array;
}

/** Also the request of RepositoryModelUnload. */
export interface RepositoryModelLoadRequest {
  readonly repository_name: string;
  readonly model_name: string;
  readonly parameters?: Readonly<Record<string, ModelRepositoryParameter>>;
}

export interface ModelStreamInferResponse {
  readonly error_message: string;
  readonly infer_response: ModelInferResponse | null;
}
