import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { readDescriptorSet } from '../../../src/protocol/descriptors.js';
import { type Message, serveAndConnect } from '../serving.js';

interface FileAnswer {
  readonly file_descriptor_response: { readonly file_descriptor_proto: readonly Buffer[] };
}

const versions = ['reflection', 'reflectionAlpha'] as const;

async function ask(version: (typeof versions)[number], ...requests: Message[]): Promise<Message[]> {
  const client = await serveAndConnect();
  const stream = client.stream(version, 'ServerReflectionInfo');
  const answers: Message[] = [];
  stream.on('data', (answer: Message) => answers.push(answer));
  for (const request of requests) stream.write(request);
  stream.end();
  await once(stream, 'end');
  return answers;
}

/** The names of the files in an answer, read as a descriptor set. */
function fileNames(answer: Message): string[] {
  const { file_descriptor_proto: files } = (answer as unknown as FileAnswer).file_descriptor_response;
  return files.flatMap((file) => {
    const length: number[] = [];
    for (let rest = file.length; ; rest >>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    return readDescriptorSet(Buffer.concat([Buffer.from([0x0a, ...length]), file])).map(({ name }) => name);
  });
}

describe.each(versions)('grpc.%s', (version) => {
  it('lists the services', async () => {
    const [answer] = await ask(version, { host: 'here', list_services: '*' });
    expect(answer).toEqual({
      valid_host: 'here',
      original_request: { host: 'here', list_services: '*' },
      list_services_response: {
        service: [
          'ml.IrisPredictor',
          'inference.GRPCInferenceService',
          'grpc.health.v1.Health',
          'grpc.reflection.v1.ServerReflection',
          'grpc.reflection.v1alpha.ServerReflection',
        ].map((name) => ({ name })),
      },
    });
  });

  it.each([
    ['ml.IrisPredictor', 'iris.proto'],
    ['ml.IrisPredictor.PredictIrisSpecies', 'iris.proto'],
    ['ml.DecisionStep', 'iris.proto'],
    ['inference.ModelInferRequest.InferInputTensor', 'open_inference.proto'],
    ['grpc.health.v1.HealthCheckResponse.ServingStatus', 'grpc/health/v1/health.proto'],
  ])('finds the file of %s', async (symbol, file) => {
    const [answer] = await ask(version, { file_containing_symbol: symbol });
    expect(fileNames(answer)).toEqual([file]);
  });

  it('finds a file by its name', async () => {
    const [answer] = await ask(version, { file_by_filename: 'open_inference.proto' });
    expect(fileNames(answer)).toEqual(['open_inference.proto']);
  });

  it('finds the messages of error details, with what they import', async () => {
    const [answer] = await ask(version, { file_containing_symbol: 'google.rpc.RetryInfo' });
    expect(fileNames(answer)).toEqual(['error_details.proto', 'google/protobuf/duration.proto']);
  });

  it('answers what it does not know with an error, and goes on', async () => {
    const answers = await ask(
      version,
      { file_containing_symbol: 'ml.Nothing' },
      { file_by_filename: 'nothing.proto' },
      { file_containing_extension: { containing_type: 'ml.IrisPredictRequest', extension_number: 100 } },
      { all_extension_numbers_of_type: 'ml.IrisPredictRequest' },
      {},
      { list_services: '' },
    );
    expect(answers.map((answer) => answer['error_response'])).toEqual([
      { error_code: 5, error_message: 'symbol "ml.Nothing" is not known' },
      { error_code: 5, error_message: 'file "nothing.proto" is not known' },
      { error_code: 5, error_message: 'no message of this server has extensions' },
      { error_code: 5, error_message: 'no message of this server has extensions' },
      { error_code: 3, error_message: 'the request asks nothing' },
      undefined,
    ]);
  });
});
