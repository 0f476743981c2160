/**
 * What is used of Spark Connect's protocol, as protobufjs has it: a client may leave out what it does not know.
 * @see https://github.com/apache/spark/tree/master/sql/connect/common/src/main/protobuf/spark/connect
 */

const field = (id: number, type: string) => ({ id, type });
/** Whether it is there is told apart from whether it is empty. */
const optional = (id: number, type: string) => ({ id, type, options: { proto3_optional: true } });
const message = (fields: Readonly<Record<string, object>>, oneofs?: Readonly<Record<string, readonly string[]>>) => ({
  fields,
  ...(oneofs && { oneofs: Object.fromEntries(Object.entries(oneofs).map(([name, oneof]) => [name, { oneof }])) }),
});
const ofSession = { session_id: field(1, 'string'), user_context: field(2, 'UserContext') };

const messages = {
  UserContext: message({ user_id: field(1, 'string') }),
  SQL: message({ query: field(1, 'string') }),
  Relation: message({ sql: field(10, 'SQL') }, { rel_type: ['sql'] }),
  Plan: message({ root: field(1, 'Relation') }, { op_type: ['root'] }),
  ReattachOptions: message({ reattachable: field(1, 'bool') }),
  RequestOption: message({ reattach_options: field(1, 'ReattachOptions') }, { request_option: ['reattach_options'] }),
  ExecutePlanRequest: message({
    ...ofSession,
    plan: field(3, 'Plan'),
    client_type: optional(4, 'string'),
    request_options: { ...field(5, 'RequestOption'), rule: 'repeated' },
    operation_id: optional(6, 'string'),
  }),
  ArrowBatch: message({ row_count: field(1, 'int64'), data: field(2, 'bytes') }),
  ResultComplete: message({}),
  ExecutePlanResponse: message(
    {
      arrow_batch: field(2, 'ArrowBatch'),
      response_id: field(13, 'string'),
      result_complete: field(14, 'ResultComplete'),
    },
    { response_type: ['arrow_batch', 'result_complete'] },
  ),
  ReattachExecuteRequest: message({
    ...ofSession,
    operation_id: field(3, 'string'),
    client_type: optional(4, 'string'),
    last_response_id: optional(5, 'string'),
  }),
  ReleaseAll: message({}),
  ReleaseExecuteRequest: message(
    {
      ...ofSession,
      operation_id: field(3, 'string'),
      client_type: optional(4, 'string'),
      release_all: field(5, 'ReleaseAll'),
    },
    { release: ['release_all'] },
  ),
  InterruptRequest: message(
    {
      ...ofSession,
      client_type: optional(3, 'string'),
      /** 3: the operation that is named. */
      interrupt_type: field(4, 'int32'),
      operation_id: field(6, 'string'),
    },
    { interrupt: ['operation_id'] },
  ),
  Nothing: message({}),
};

const service = {
  methods: {
    ExecutePlan: { requestType: 'ExecutePlanRequest', responseType: 'ExecutePlanResponse', responseStream: true },
    ReattachExecute: {
      requestType: 'ReattachExecuteRequest',
      responseType: 'ExecutePlanResponse',
      responseStream: true,
    },
    ReleaseExecute: { requestType: 'ReleaseExecuteRequest', responseType: 'Nothing' },
    Interrupt: { requestType: 'InterruptRequest', responseType: 'Nothing' },
  },
};

/** A JSON descriptor of protobufjs. */
export const SPARK_CONNECT = {
  nested: { spark: { nested: { connect: { nested: { ...messages, SparkConnectService: service } } } } },
};

/** Of `interrupt_type`. */
export const INTERRUPT_OPERATION = 3;

export interface ExecuteResponse {
  readonly response_id: string;
  /** Each a whole Arrow stream; null in a message of another kind. */
  readonly arrow_batch: { readonly data: Buffer } | null;
  readonly result_complete: object | null;
}
