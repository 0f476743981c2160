import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { ask, serveHttp } from '../http/calling.js';
import { afterTest, failure, startServer } from '../serving.js';

describe('what Triton has and this server has not', () => {
  it.each([
    ['SystemSharedMemoryStatus', 'no system shared memory: send the contents of tensors with the request'],
    ['SystemSharedMemoryRegister', 'no system shared memory: send the contents of tensors with the request'],
    ['SystemSharedMemoryUnregister', 'no system shared memory: send the contents of tensors with the request'],
    ['CudaSharedMemoryStatus', 'no CUDA shared memory: send the contents of tensors with the request'],
    ['CudaSharedMemoryRegister', 'no CUDA shared memory: send the contents of tensors with the request'],
    ['CudaSharedMemoryUnregister', 'no CUDA shared memory: send the contents of tensors with the request'],
    ['TraceSetting', 'no trace settings'],
    ['LogSettings', 'no log settings: the level of its log is chosen when it starts'],
  ])('is refused by name over gRPC: %s', async (method, lack) => {
    const { address } = await startServer();
    const client = new Client(address, credentials.createInsecure());
    afterTest(() => client.close());
    const same = (bytes: Buffer) => bytes;
    const error = await new Promise<ServiceError | null>((resolve) => {
      const path = `/inference.GRPCInferenceService/${method}`;
      client.makeUnaryRequest(path, same, same, Buffer.from([0x0a, 0x00]), resolve);
    });
    expect(error?.code).toBe(status.UNIMPLEMENTED);
    expect(failure(error!)).toEqual({
      code: 'UNIMPLEMENTED',
      message: `${method}: this server has ${lack}`,
      details: { info: { reason: 'NOT_OFFERED', metadata: {} } },
    });
  });

  it.each([
    ['GET', '/v2/systemsharedmemory/status', 'no system shared memory'],
    ['GET', '/v2/systemsharedmemory/region/a/status', 'no system shared memory'],
    ['POST', '/v2/systemsharedmemory/region/a/register', 'no system shared memory'],
    ['POST', '/v2/systemsharedmemory/unregister', 'no system shared memory'],
    ['POST', '/v2/cudasharedmemory/region/a/register', 'no CUDA shared memory'],
    ['GET', '/v2/trace/setting', 'no trace settings'],
    ['POST', '/v2/models/iris/trace/setting', 'no trace settings'],
    ['POST', '/v2/logging', 'no log settings'],
    ['POST', '/v2/models/iris/generate', 'no server-sent events'],
    ['POST', '/v2/models/iris/versions/1/generate_stream', 'no server-sent events'],
    ['POST', '/v2/models/iris/infer_stream', 'no server-sent events'],
  ])('is 501 over HTTP: %s %s', async (method, path, lack) => {
    const { origin } = await serveHttp();
    const { json, status: found } = await ask(origin, path, { method });
    expect([found, json.reason]).toEqual([501, 'NOT_OFFERED']);
    expect(json.error).toContain(`${path}: this server has ${lack}`);
  });
});
