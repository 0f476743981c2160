import { type MethodDefinition, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { ArtifactError, RequestError, UnavailableError } from '../ground/errors.js';
import { VERSION_DIGITS } from '../ground/limits.js';
import { checkOptions, type OptionTable, someText } from '../ground/options.js';
import { namesInWords, quote } from '../ground/quote.js';
import { readBadValue } from '../protocol/bad-value.js';
import { PER_FEATURE_HEADER, PER_FEATURE_VALUE } from '../protocol/extensions.js';
import type {
  ModelInferRequest,
  ModelInferResponse,
  ModelMetadataRequest,
  ModelMetadataResponse,
} from '../protocol/messages.js';
import { loadInferenceService } from '../protocol/services.js';
import { Caller, type CallOptions, callTable } from './call.js';
import type { Server } from './connection.js';
import { inferRequest } from './infer-request.js';
import { readPredictions } from './infer-response.js';
import { type ModelInterface, modelInterface } from './model-interface.js';
import { onlyModel } from './only-model.js';
import {
  BadRowError,
  checkQuestion,
  type Prediction,
  type PredictionSource,
  type Rows,
  sliceRows,
  type Wanted,
} from './prediction.js';
import { errorDetails, foreign } from './status.js';

export interface InferenceOptions extends CallOptions {
  /** The model's name on the server. Default: that of its one model, else `iris`. */
  readonly model?: string | undefined;
  /**
   * First hex digits of the hash of the only model to accept. The wire carries twelve digits; any beyond are not
   * compared.
   */
  readonly expectModel?: string | undefined;
}

const inferenceTable: OptionTable<InferenceOptions> = {
  ...callTable,
  model: someText,
  expectModel: someText,
};

/** A model behind any server that speaks the Open Inference Protocol. */
export class InferenceClient implements PredictionSource {
  /** The model's name on the server. */
  readonly model: string;
  /** Versions that the server reported. */
  readonly versions: readonly string[];
  readonly #caller: Caller;
  readonly #options: InferenceOptions;
  readonly #interface: ModelInterface;
  readonly #infer: MethodDefinition<ModelInferRequest, ModelInferResponse>;

  private constructor(
    caller: Caller,
    options: InferenceOptions & { readonly model: string },
    methods: ServiceDefinition,
    shape: ModelInterface,
  ) {
    this.model = options.model;
    this.#caller = caller;
    this.#options = options;
    this.#infer = methods['ModelInfer'] as MethodDefinition<ModelInferRequest, ModelInferResponse>;
    this.#interface = shape;
    this.versions = shape.versions;
  }

  /**
   * Connects, and asks for the model's inputs.
   *
   * @throws UsageError for an option that is unknown or out of its range, and where no model is named and the server has
   *   several
   * @throws RequestError, UnavailableError; ArtifactError when another model is expected
   */
  static async connect(server: Server, options: InferenceOptions): Promise<InferenceClient> {
    checkOptions(options, inferenceTable);
    const caller = new Caller(server, options);
    try {
      const methods = loadInferenceService();
      const model = options.model ?? (await onlyModel(caller, methods));
      const metadata = await caller.call(
        methods['ModelMetadata'] as MethodDefinition<ModelMetadataRequest, ModelMetadataResponse>,
        { name: model, version: '' },
        { [PER_FEATURE_HEADER]: PER_FEATURE_VALUE },
      );
      const shape = modelInterface(metadata, caller.address);
      const client = new InferenceClient(caller, { ...options, model }, methods, shape);
      client.#checkVersions(metadata.versions);
      return client;
    } catch (error) {
      caller.close();
      throw error;
    }
  }

  get address(): string {
    return this.#caller.address;
  }

  get features(): PredictionSource['features'] {
    return this.#interface.features;
  }

  get named(): boolean {
    return this.#interface.named;
  }

  get explains(): PredictionSource['explains'] {
    const { outputs, own } = this.#interface;
    return own && !outputs.includes('decision_path') ? 'contributions' : 'path';
  }

  close(): void {
    this.#caller.close();
  }

  /**
   * Where a server refuses a batch, because one row is bad or because it is too large, its halves are tried: this
   * finds a bad row, and gets a batch below limits the client does not know.
   *
   * @throws UsageError for rows of another form, and for an option that is unknown or out of its range
   * @throws BadRowError, RequestError, UnavailableError; ArtifactError when another model answers than is expected
   */
  async predict(rows: Rows, wanted: Wanted): Promise<Prediction[]> {
    checkQuestion(rows, wanted, this.#interface.features);
    return await this.#predictFrom(0, rows, wanted);
  }

  async #predictFrom(start: number, rows: Rows, wanted: Wanted): Promise<Prediction[]> {
    try {
      return await this.#ask(rows, wanted);
    } catch (error) {
      if (!isAboutRows(error)) throw error;
      const named = this.#namedRow(error, start, rows.rowCount);
      if (named) throw named;
      if (rows.rowCount === 1) throw new BadRowError(start, error.violations, { cause: error });
    }
    const half = rows.rowCount >> 1;
    const first = await this.#predictFrom(start, sliceRows(rows, 0, half), wanted);
    return first.concat(await this.#predictFrom(start + half, sliceRows(rows, half, rows.rowCount), wanted));
  }

  async #ask(rows: Rows, wanted: Wanted): Promise<Prediction[]> {
    const request = inferRequest(this.model, this.#interface, rows, wanted);
    const response = await this.#caller.call(this.#infer, request);
    this.#checkVersions([response.model_version]);
    const { features, own } = this.#interface;
    const explained = wanted.contributions && own && features !== null ? { rows, features } : undefined;
    return readPredictions(response, rows.rowCount, this.address, explained);
  }

  /** The row named in our server's error details. Other servers name none. */
  #namedRow(error: RequestError, start: number, rowCount: number): BadRowError | UnavailableError | undefined {
    const status = error.cause as ServiceError | undefined;
    const place = status && readBadValue(errorDetails(status).info);
    if (!place) return undefined;
    const options = { cause: error };
    const row = /^\d+$/.test(place.row) ? Number(place.row) : Number.NaN;
    if (!(row < rowCount)) {
      const expected = `expected the number of a bad row, from 0 to ${rowCount - 1}`;
      return new UnavailableError(`${this.address}: ${expected}, found ${quote(place.row)}`, options);
    }
    const [field, description] = [foreign(place.feature), foreign(place.description)];
    if (field.trim() === '' || description.trim() === '') {
      const found = `found ${quote(place.feature)} and ${quote(place.description)}`;
      const expected = 'expected the feature of a bad row and what is wrong with it';
      return new UnavailableError(`${this.address}: ${expected}, ${found}`, options);
    }
    return new BadRowError(start + row, [{ field, description }], options);
  }

  #checkVersions(versions: readonly string[]): void {
    const expected = this.#options.expectModel?.slice(0, VERSION_DIGITS);
    if (expected === undefined || versions.some((version) => version.startsWith(expected))) return;
    const found = namesInWords(versions) || 'none';
    throw new ArtifactError(
      'other-model',
      `${this.address}: expected a model whose version begins with ${expected}, found ${found}`,
    );
  }
}

/**
 * Whether a smaller batch might be accepted: the error was raised here before the call, or its status is about the
 * request's content.
 */
function isAboutRows(error: unknown): error is RequestError {
  if (!(error instanceof RequestError)) return false;
  const code = (error.cause as ServiceError | undefined)?.code;
  return [undefined, status.INVALID_ARGUMENT, status.OUT_OF_RANGE, status.RESOURCE_EXHAUSTED].includes(code);
}
