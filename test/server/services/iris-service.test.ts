import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { IrisPredictRequest } from '../../../src/protocol/messages.js';
import { irisModel, mixedModel } from '../models.js';
import { failureOf, flower, type Message, type Stream, serveAndConnect, startServer, TestClient } from '../serving.js';

const versicolor = { sepal_length: 6, sepal_width: 3, petal_length: 4.5, petal_width: 1.5 };
const virginica = { sepal_length: 6.3, sepal_width: 3.3, petal_length: 6, petal_width: 2.5 };

async function replies(stream: Stream): Promise<Message[]> {
  const received: Message[] = [];
  for await (const reply of stream) received.push(reply);
  return received;
}

describe('PredictIrisSpecies', () => {
  it('answers with every field of the reply', async () => {
    const client = await serveAndConnect();
    const { version } = irisModel();
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toEqual({
      probabilities: [1, 0, 0],
      path: [],
      species_name: 'setosa',
      model_version: version,
    });
    expect(await client.call('iris', 'PredictIrisSpecies', versicolor)).toEqual({
      species: 1,
      species_name: 'versicolor',
      probabilities: [0, 0.9, 0.1],
      model_version: version,
      path: [],
    });
    expect(await client.call('iris', 'PredictIrisSpecies', virginica)).toMatchObject({
      species: 2,
      species_name: 'virginica',
      probabilities: [0, 0.25, 0.75],
    });
  });

  it('is counted in the statistics of its model, what it refuses as failed, and each message of a stream', async () => {
    const client = await serveAndConnect();
    for (const explain of [false, true]) await client.call('iris', 'PredictIrisSpecies', { ...flower, explain });
    const refused = await client.call('iris', 'PredictIrisSpecies', { ...flower, petal_width: -1 });
    expect(refused['code']).toBe('INVALID_ARGUMENT');
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    for (let message = 0; message < 5; message++) stream.write(flower);
    stream.end();
    await replies(stream);
    const told = await client.call('inference', 'ModelStatistics', { name: 'iris' });
    expect(told['model_stats']).toMatchObject([
      { inference_count: '7', inference_stats: { success: { count: '7' }, fail: { count: '1' } } },
    ]);
  });

  it('tells the path when asked to', async () => {
    const client = await serveAndConnect();
    const reply = await client.call('iris', 'PredictIrisSpecies', { ...versicolor, explain: true });
    expect(reply['path']).toEqual([
      { feature: 'petal_length', value: 4.5, threshold: 2.5, samples: 32 },
      { feature: 'petal_width', value: 1.5, threshold: 1.7, went_left: true, samples: 22 },
    ]);
    expect(reply).toMatchObject({ species: 1, probabilities: [0, 0.9, 0.1] });
  });

  it('sends a value that equals the threshold to the left', async () => {
    const client = await serveAndConnect();
    expect(await client.call('iris', 'PredictIrisSpecies', { ...flower, petal_length: 2.5 })).toMatchObject({
      species_name: 'setosa',
    });
    expect(
      await client.call('iris', 'PredictIrisSpecies', { ...flower, petal_length: 2.5000000000000004 }),
    ).toMatchObject({ species_name: 'versicolor' });
  });

  it.each([
    ['SepalLengthCm', 'SepalWidthCm', 'PetalLengthCm', 'PetalWidthCm'],
    ['Sepal.Length', 'Sepal.Width', 'Petal.Length', 'Petal.Width'],
    ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'],
    ['SEPAL-LENGTH [centimetres]', 'sepal_width_cm', 'petalLength', 'petal  width'],
  ])('takes %s and the like for measurements of iris', async (...names) => {
    const model = irisModel({ features: names.map((name) => [name, 1]) });
    const client = await serveAndConnect({ model });
    expect(await client.call('iris', 'PredictIrisSpecies', virginica)).toMatchObject({ species_name: 'virginica' });
  });

  it('finds the measurements whatever their order in the model', async () => {
    const model = irisModel({
      features: [
        ['petal_width', 0.1],
        ['sepal_width', 2],
        ['petal_length', 1],
        ['sepal_length', 4.3],
      ],
    });
    const client = await serveAndConnect({ model });
    // The second question is about feature 3: sepal_length <= 1.7.
    expect(await client.call('iris', 'PredictIrisSpecies', versicolor)).toMatchObject({ species_name: 'virginica' });
    expect(await client.call('iris', 'PredictIrisSpecies', { ...versicolor, sepal_length: 1.7 })).toMatchObject({
      species_name: 'versicolor',
    });
  });

  it.each([
    [
      'other names',
      irisModel({
        features: [
          ['a', 1],
          ['b', 1],
          ['c', 1],
          ['d', 1],
        ],
      }),
      '"a", "b", "c", "d"',
    ],
    [
      'another unit',
      irisModel({
        features: [
          ['sepal length (mm)', 1],
          ['sepal_width', 1],
          ['petal_length', 1],
          ['petal_width', 1],
        ],
      }),
      '"sepal length (mm)", "sepal_width", "petal_length", "petal_width"',
    ],
    ['other columns', mixedModel(), '"size", "colour"'],
  ])('refuses with FAILED_PRECONDITION for a model of %s', async (_, model, names) => {
    const client = await serveAndConnect({ model });
    const message =
      'expected a model of sepal_length, sepal_width, petal_length, petal_width; ' +
      `this one has ${names}: use inference.GRPCInferenceService`;
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toEqual({
      code: 'FAILED_PRECONDITION',
      message,
      details: { info: { reason: 'NOT_AN_IRIS_MODEL', metadata: {} } },
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses %d and names the field, also where training had missing values',
    async (value) => {
      const client = await serveAndConnect({ model: irisModel({ missing: 3 }) });
      expect(await client.call('iris', 'PredictIrisSpecies', { ...flower, sepal_width: value })).toEqual({
        code: 'INVALID_ARGUMENT',
        message: `sepal_width: expected a finite number, found ${value}`,
        details: {
          violations: [{ field: 'sepal_width', description: `expected a finite number, found ${value}` }],
          info: { reason: 'INVALID_REQUEST', metadata: {} },
        },
      });
    },
  );

  it('refuses zero, absent and negative values where training had only positive ones', async () => {
    const client = await serveAndConnect();
    const { petal_width: _, ...incomplete } = flower;
    const message = 'petal_width: absent or zero: expected a number above 0, found 0';
    expect(await client.call('iris', 'PredictIrisSpecies', incomplete)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message,
    });
    expect(await client.call('iris', 'PredictIrisSpecies', { ...flower, petal_width: 0 })).toMatchObject({ message });
    expect(await client.call('iris', 'PredictIrisSpecies', { ...flower, petal_width: -0.2 })).toMatchObject({
      message: 'petal_width: absent or zero: expected a number above 0, found -0.2',
    });
  });

  it('takes zero and negative values where training had them', async () => {
    const features = [
      ['sepal_length', 4.3],
      ['sepal_width', 0],
      ['petal_length', -5],
      ['petal_width', 0.1],
    ] as const;
    const client = await serveAndConnect({ model: irisModel({ features }) });
    expect(
      await client.call('iris', 'PredictIrisSpecies', { sepal_length: 5, petal_length: -1, petal_width: 1 }),
    ).toMatchObject({ species_name: 'setosa' });
  });
});

describe('PredictIrisSpeciesStream', () => {
  it('answers in the order of the requests', async () => {
    const client = await serveAndConnect();
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    const sent = Array.from({ length: 300 }, (_, index) => [flower, versicolor, virginica][(index * 7) % 3]);
    for (const request of sent) stream.write(request);
    stream.end();
    const names = (await replies(stream)).map((reply) => reply['species_name']);
    const expected = new Map<Message, string>([
      [flower, 'setosa'],
      [versicolor, 'versicolor'],
      [virginica, 'virginica'],
    ]);
    expect(names).toEqual(sent.map((request) => expected.get(request)));
  });

  it('answers a message before the next one is sent', async () => {
    const client = await serveAndConnect();
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    for (const request of [flower, virginica]) {
      stream.write(request);
      const [reply] = await once(stream, 'data');
      expect(reply.species_name).toBe(request === flower ? 'setosa' : 'virginica');
    }
    stream.end();
    expect(await replies(stream)).toEqual([]);
  });

  it('ends with the number of the bad message, after the replies to those before it', async () => {
    const client = await serveAndConnect();
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    const received: Message[] = [];
    stream.on('data', (reply: Message) => received.push(reply));
    stream.write(flower);
    stream.write(virginica);
    stream.write({ ...flower, petal_length: Number.NaN });
    stream.write(flower);
    const description = 'expected a finite number, found NaN (message 3 of the stream)';
    expect(await failureOf(stream)).toEqual({
      code: 'INVALID_ARGUMENT',
      message: `petal_length: ${description}`,
      details: {
        violations: [{ field: 'petal_length', description }],
        info: { reason: 'INVALID_REQUEST', metadata: {} },
      },
    });
    expect(received.map((reply) => reply['species_name'])).toEqual(['setosa', 'virginica']);
  });

  it('stops reading when its replies are not read', async () => {
    const server = await startServer();
    const { answer } = server.current.iris;
    let answered = 0;
    Object.defineProperty(server.current.iris, 'answer', {
      value: (request: IrisPredictRequest) => {
        answered++;
        return answer(request);
      },
    });
    const client = new TestClient(server.address);
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    // A client of the library takes everything in until its first read is done; from then on it can pause.
    await once(stream, 'data');
    stream.pause();
    const sent = 30_000;
    for (let index = 0; index < sent; index++) stream.write({ ...flower, explain: true });
    // Idle for many round trips on the same connection: the server waits for its reader.
    for (let seen = -1, idle = 0; idle < 50; idle++) {
      await client.call('inference', 'ServerLive', {});
      if (answered !== seen) idle = 0;
      seen = answered;
    }
    expect(answered).toBeLessThan(sent / 3);
    const ended = failureOf(stream);
    stream.cancel();
    expect(await ended).toMatchObject({ code: 'CANCELLED' });
  });
});
