import type { ServerOptions } from '../../../src/server/life/options.js';
import { startServer } from '../serving.js';

/** What a REST call was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many forms
  readonly json: any;
}

export type Ask = (path: string, init?: RequestInit) => Promise<Answer>;

export async function ask(origin: string, path: string, init?: RequestInit): Promise<Answer> {
  // fetch would call a body of text text/plain.
  const headers = init?.body === undefined ? init?.headers : { 'content-type': 'application/json', ...init.headers };
  const response = await fetch(origin + path, { ...init, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) };
}

/** A server with a REST port, closed after the test. */
export async function serveHttp(options: Partial<ServerOptions> = {}) {
  const server = await startServer({ http: { port: 0 }, ...options });
  const origin = `http://127.0.0.1:${server.httpPort}`;
  const get: Ask = (path, init) => ask(origin, path, init);
  const infer = (body: unknown, path = '/v2/models/iris/infer') =>
    ask(origin, path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { server, origin, get, infer };
}

/** Leaves 1, 3 and 4 of `irisModel`, one row each. */
export const rows = [
  [5, 3.6, 1.3, 0.25],
  [6, 3, 4.5, 1.5],
  [6.3, 3.3, 6, 2.5],
];

export const matrix = { name: 'features', datatype: 'FP64', shape: [3, 4], data: rows.flat() };

export const outputs = (...names: string[]) => names.map((name) => ({ name }));

/** The answer to a request whose fields are wrong. */
export const invalid = (...details: { field: string; description: string }[]) => ({
  error: details.map(({ description, field }) => `${field}: ${description}`).join('; '),
  reason: 'INVALID_REQUEST',
  details,
});
