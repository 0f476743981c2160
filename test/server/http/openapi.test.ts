import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createApp, type HttpState } from '../../../src/server/http/app.js';
import { notOfferedPaths } from '../../../src/server/services/not-offered.js';
import { ROOT } from '../../e2e/cli.js';
import { violations } from '../../report/json-schema.js';
import { irisModel } from '../models.js';
import { matrix, outputs, serveHttp } from './calling.js';

const { version } = irisModel();

describe('the OpenAPI document', () => {
  it('is in docs/openapi.json as a server tells it: curl localhost:8080/v2/openapi.json writes it again', async () => {
    const { get } = await serveHttp();
    const { json, status } = await get('/v2/openapi.json');
    expect(status).toBe(200);
    expect(JSON.parse(await readFile(`${ROOT}docs/openapi.json`, 'utf8'))).toEqual(json);
  });

  it('has every path that is answered, and no other', async () => {
    const { get } = await serveHttp();
    const { paths } = (await get('/v2/openapi.json')).json;
    const described = Object.entries(paths as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    const refused = new Set(notOfferedPaths.map(([path]) => path));
    // Nothing is called: only the paths are looked at.
    const app = createApp({ limits: { maxBatchRows: 1, maxMessageBytes: 1 } } as HttpState);
    const routes = app.routes
      .filter(({ method, path }) => method !== 'ALL' && path !== '*' && path !== '/*' && !refused.has(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(described.sort()).toEqual(routes.sort());
  });

  it('has the schema of what is answered', async () => {
    const { get, infer } = await serveHttp();
    const { components, paths } = (await get('/v2/openapi.json')).json;
    const schemas = JSON.parse(JSON.stringify(components.schemas).replaceAll('#/components/schemas/', '#/$defs/'));
    const check = (name: string, value: unknown) => violations({ $defs: schemas }, value, schemas[name]);
    const question = { id: 'a', inputs: [matrix], outputs: outputs('label', 'probabilities') };
    expect(check('InferRequest', question)).toEqual([]);
    expect(check('InferResponse', (await infer(question)).json)).toEqual([]);
    const gets = Object.entries(paths as Record<string, { get?: { responses: Record<string, never> } }>);
    for (const [path, { get: operation }] of gets) {
      if (operation === undefined || path === '/v2/openapi.json') continue;
      const { json } = await get(path.replace('{name}', 'iris').replace('{version}', version));
      const { content } = operation.responses['200'] as {
        content: { 'application/json': { schema: { $ref: string } } };
      };
      expect(check(content['application/json'].schema.$ref.split('/').pop()!, json)).toEqual([]);
    }
  });
});
