import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { RequestError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import type { RpcStatus } from '../../protocol/error-details.js';
import { PER_FEATURE_HEADER, PER_FEATURE_VALUE } from '../../protocol/extensions.js';
import type { CallContext } from '../calls/call-context.js';
import type { SharedLimits } from '../calls/connection-share.js';
import type { CallWatch } from '../calls/observer.js';
import { Refusal } from '../calls/refusal.js';
import { explainError, type ReportBug } from '../calls/status.js';
import type { ServedModel } from '../models/served-model.js';
import { OneModel, type ServedModels } from '../models/served-models.js';
import { extensions } from '../services/inference/metadata.js';
import { configInJson } from '../services/inference/model-config.js';
import { describeInJson, ModelDescriptions } from '../services/inference/model-descriptions.js';
import { modelIsReady, modelStates } from '../services/inference/model-states.js';
import { statisticsInJson } from '../services/inference/read-statistics.js';
import type { InferenceState } from '../services/inference-service.js';
import { notOffered, notOfferedPaths } from '../services/not-offered.js';
import { encodeBody } from './body-coding.js';
import type { Exchange } from './exchange.js';
import { toFailure } from './failure.js';
import { answerInfer, type InferState } from './infer-call.js';
import { type AskedModel, jsonPaths } from './infer-question.js';
import type { HttpMethod } from './methods.js';
import { openCall } from './open-call.js';
import { openApi } from './openapi.js';
import { answerRepository, type RepositoryCall } from './repository-calls.js';
import { type ShownModels, SITE_HEADERS, type Site } from './site.js';

export interface HttpState extends InferenceState, InferState {
  readonly reportBug: ReportBug;
  readonly watch: CallWatch;
  readonly sharedLimits: SharedLimits;
  readonly site: Site | undefined;
}

type Http = Context<{ Bindings: HttpBindings }>;

interface Reply {
  readonly status?: ContentfulStatusCode;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | Uint8Array<ArrayBuffer>;
}

/** Of a body that is JSON already. */
const JSON_BODY = { headers: { 'content-type': 'application/json' } };

type Answer = (c: Http, context: CallContext) => Reply | Promise<Reply>;

/** The Open Inference Protocol's REST form, and the pages of the site. */
export function createApp(state: HttpState): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>({ strict: false });
  const descriptions = new ModelDescriptions(describeInJson, state.limits);
  const configs = new ModelDescriptions(configInJson, state.limits);
  const get = (path: string, name: HttpMethod, answer: Answer) => {
    app.get(path, (c) => answerCall(state, c, name, answer));
    app.all(path, (c) => wrongMethod(c, 'GET, HEAD'));
  };
  app.use((c, next) => {
    c.header('cache-control', 'no-store');
    c.header('cross-origin-resource-policy', 'same-origin');
    c.header('x-content-type-options', 'nosniff');
    // A server that stops sends its clients to another one.
    if (!state.isReady()) c.header('connection', 'close');
    return next();
  });
  get('/v2', 'ServerMetadata', () => ({
    body: { name: 'iris', version: state.version, extensions },
  }));
  get('/v2/openapi.json', 'OpenApi', () => ({ body: openApi(state.version) as object }));
  get('/v2/health/live', 'ServerLive', () => ({ body: { live: true } }));
  get('/v2/health/ready', 'ServerReady', () => readiness(state, {}));
  get('/v2/models', 'ModelList', () => ({ body: { models: [...state.models.names], states: modelStates(state) } }));
  get('/v2/models/stats', 'ModelStatistics', async (c, context) => {
    const [name, version] = ['stats', ''];
    // A model may have this name.
    if (state.models.stateOf(name) !== undefined)
      return describeModel(state, descriptions, c, context, { name, version });
    return { ...JSON_BODY, body: await statisticsInJson(state, { name: '', version }, context) };
  });
  for (const model of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    get(model, 'ModelMetadata', (c, context) => describeModel(state, descriptions, c, context));
    get(`${model}/config`, 'ModelConfig', (c, context) => describeModel(state, configs, c, context));
    get(`${model}/stats`, 'ModelStatistics', async (c, context) => ({
      ...JSON_BODY,
      body: await statisticsInJson(state, askedModel(c), context),
    }));
    get(`${model}/ready`, 'ModelReady', (c, context) => modelReady(state, c, context));
    app.post(`${model}/infer`, (c) =>
      answerCall(state, c, 'ModelInfer', (_, context) => answerInfer(state, c.env as Exchange, askedModel(c), context)),
    );
    app.all(`${model}/infer`, (c) => wrongMethod(c, 'POST'));
  }
  const repository = (path: string, name: RepositoryCall) => {
    app.post(path, (c) =>
      answerCall(state, c, name, async (_, context) => ({
        body: await answerRepository(state, name, c.env as Exchange, askedModel(c).name, context),
      })),
    );
    app.all(path, (c) => wrongMethod(c, 'POST'));
  };
  repository('/v2/repository/index', 'RepositoryIndex');
  repository('/v2/repository/models/:name/load', 'RepositoryModelLoad');
  repository('/v2/repository/models/:name/unload', 'RepositoryModelUnload');
  for (const [path, lack] of notOfferedPaths) {
    app.all(path, (c) => sendFailure(c, explainError(notOffered(nameInWords(c.req.path), lack), state.reportBug)));
  }
  app.get('*', (c) => sendFile(state, c));
  app.onError((error, c) => sendFailure(c, explainError(error, state.reportBug)));
  app.notFound((c) => c.json({ error: `${c.req.method} ${nameInWords(c.req.path)}: nothing is there` }, 404));
  return app;
}

/** Answers a call, whatever `answer` does; observers see it. */
async function answerCall(
  { reportBug, sharedLimits, watch }: HttpState,
  c: Http,
  name: HttpMethod,
  answer: Answer,
): Promise<Response> {
  const call = openCall(c.env as Exchange, name, watch, sharedLimits);
  try {
    return send(c, await encoded(await answer(c, call.context), c.req.header('accept-encoding')));
  } catch (error) {
    const explained = explainError(
      error instanceof RequestError ? jsonPaths(error) : error,
      reportBug,
      call.context.ids,
    );
    call.code = explained.code;
    return sendFailure(c, explained);
  }
}

/** The reply, compressed where the caller asks for it. */
async function encoded({ body, headers, ...rest }: Reply, accepted: string | undefined): Promise<Reply> {
  if (!(body instanceof Uint8Array)) return { body, ...(headers && { headers }), ...rest };
  const reply = await encodeBody(body, accepted);
  return { ...rest, body: reply.body, headers: { ...headers, ...reply.headers } };
}

function sendFailure(c: Http, explained: RpcStatus): Response {
  const { body, headers, httpStatus } = toFailure(explained);
  return send(c, { body, headers, status: httpStatus as ContentfulStatusCode });
}

function send(c: Http, { body, headers = {}, status = 200 }: Reply): Response {
  return body instanceof Uint8Array ? c.body(body, status, headers) : c.json(body, status, headers);
}

function readiness({ isReady }: HttpState, body: object, modelReady = true): Reply {
  const ready = modelReady && isReady();
  return { body: { ...body, ready }, status: ready ? 200 : 503 };
}

function modelReady(state: HttpState, c: Http, context: CallContext): Reply {
  const { name, version } = askedModel(c);
  return readiness(state, { name }, modelIsReady(state.models, name, version, context));
}

async function describeModel(
  { models }: HttpState,
  descriptions: ModelDescriptions,
  c: Http,
  context: CallContext,
  { name, version } = askedModel(c),
): Promise<Reply> {
  const served = models.forCall(context).find(name, version);
  const perFeature = c.req.header(PER_FEATURE_HEADER) === PER_FEATURE_VALUE;
  const body = await descriptions.of(served, models.versionsOf(name), perFeature);
  return { ...JSON_BODY, body };
}

function askedModel(c: Http): AskedModel {
  return { name: c.req.param('name') ?? '', version: c.req.param('version') ?? '' };
}

function wrongMethod(c: Http, allowed: string): Response {
  return c.json({ error: `${nameInWords(c.req.path)}: expected ${allowed}, found ${c.req.method}` }, 405, {
    allow: allowed,
  });
}

function sendFile(state: HttpState, c: Http): Response | Promise<Response> {
  const file = state.site?.(c.req.path, shownModels(state, c.req.query()));
  if (file === undefined) return c.notFound();
  return c.body(file.content, 200, { ...SITE_HEADERS, 'content-type': file.type });
}

/** `?model=wine` asks for a page about a model, `?all` for the list of them. */
function shownModels(state: HttpState, { all, model }: Readonly<Record<string, string>>): ShownModels {
  const { models } = state;
  const areSeveral = !(models instanceof OneModel);
  const chosen = () => (model === undefined ? currentModel(models) : models.find(model, ''));
  return { areSeveral, states: () => modelStates(state), served: all === undefined ? chosen() : undefined };
}

function currentModel(models: ServedModels): ServedModel | undefined {
  try {
    return models.current();
  } catch (error) {
    // Which one it is, is said by the list of those that there are.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
