import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type CallOptions,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { SparkAddress } from './address.js';
import { type ExecuteResponse, INTERRUPT_OPERATION, SPARK_CONNECT } from './protocol.js';

/** A batch is as large as the server makes it. */
const MAX_MESSAGE_BYTES = 1 << 28;
/** Streams without an answer, one after another, and the wait after the first that breaks, which grows. */
const MOST_ATTEMPTS = 5;
const FIRST_WAIT_MS = 50;
/** For a call that ends what nobody waits for. */
const SHORT_MS = 5_000;
const CLIENT_TYPE = 'iris';

interface SparkClient {
  ExecutePlan(request: object, metadata: Metadata): ClientReadableStream<ExecuteResponse>;
  ReattachExecute(request: object, metadata: Metadata): ClientReadableStream<ExecuteResponse>;
  ReleaseExecute(request: object, metadata: Metadata, options: CallOptions, done: () => void): void;
  Interrupt(request: object, metadata: Metadata, options: CallOptions, done: () => void): void;
  close(): void;
}

/** A session of Spark Connect, which runs one query at a time. */
export class SparkConnection {
  readonly #client: SparkClient;
  readonly #metadata = new Metadata();
  readonly #session: object;
  #operation: string | undefined;

  constructor({ host, metadata, tls, token, userId }: SparkAddress) {
    const loaded = fromJSON(SPARK_CONNECT as unknown as Parameters<typeof fromJSON>[0], {
      keepCase: true,
      defaults: true,
      oneofs: true,
      longs: Number,
    });
    const { spark } = loadPackageDefinition(loaded) as unknown as {
      spark: { connect: { SparkConnectService: new (...parts: readonly unknown[]) => SparkClient } };
    };
    this.#client = new spark.connect.SparkConnectService(
      host,
      tls ? credentials.createSsl() : credentials.createInsecure(),
      { 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES },
    );
    for (const [name, value] of Object.entries(metadata)) this.#metadata.set(name, value);
    if (token !== undefined) this.#metadata.set('authorization', `Bearer ${token}`);
    this.#session = { session_id: randomUUID(), user_context: { user_id: userId }, client_type: CLIENT_TYPE };
  }

  /**
   * The result of a query, as Arrow streams. A server may end the stream of a long result before its end, and so may the
   * network: the operation goes on, and is asked for the rest.
   *
   * @throws ServiceError
   */
  async *execute(query: string): AsyncGenerator<Buffer, void> {
    const operation = { ...this.#session, operation_id: randomUUID() };
    this.#operation = operation.operation_id;
    let stream = this.#client.ExecutePlan(
      {
        ...operation,
        plan: { root: { sql: { query } } },
        request_options: [{ reattach_options: { reattachable: true } }],
      },
      this.#metadata,
    );
    let last: string | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const response of stream as AsyncIterable<ExecuteResponse>) {
          attempt = 1;
          last = response.response_id;
          if (response.arrow_batch) yield response.arrow_batch.data;
          if (!response.result_complete) continue;
          await this.#end((done) => this.#client.ReleaseExecute({ ...operation, release_all: {} }, ...done));
          this.#operation = undefined;
          return;
        }
      } catch (error) {
        // Of an operation that never answered it is not known whether it is there.
        if (last === undefined || attempt >= MOST_ATTEMPTS || !isPassing(error as ServiceError)) throw error;
        await wait(FIRST_WAIT_MS * attempt);
      }
      if (attempt >= MOST_ATTEMPTS) throw new Error(`no end of the rows after ${MOST_ATTEMPTS} streams without any`);
      stream = this.#client.ReattachExecute(
        { ...operation, ...(last !== undefined && { last_response_id: last }) },
        this.#metadata,
      );
    }
  }

  /** Ends the query that is under way, in the server. */
  async interrupt(): Promise<void> {
    const operation = this.#operation;
    if (operation === undefined) return;
    this.#operation = undefined;
    const request = { ...this.#session, interrupt_type: INTERRUPT_OPERATION, operation_id: operation };
    await this.#end((done) => this.#client.Interrupt(request, ...done));
  }

  async close(): Promise<void> {
    await this.interrupt();
    this.#client.close();
  }

  /** Whether it is done or not: the server ends what is abandoned after a while by itself. */
  #end(ask: (rest: [Metadata, CallOptions, () => void]) => void): Promise<void> {
    return new Promise((resolve) => ask([this.#metadata, { deadline: Date.now() + SHORT_MS }, resolve]));
  }
}

function isPassing({ code }: ServiceError): boolean {
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED;
}
