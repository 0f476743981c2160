import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runExamples } from './examples.js';
import { type Subject, subject } from './subjects.js';
import { describeWith, newPython, output } from './tools.js';

const client = fileURLToPath(new URL('./triton_client.py', import.meta.url));

async function ask({ address, table }: Subject, task: string): Promise<Record<string, unknown>> {
  return JSON.parse(await output(newPython.command, [client, address, table, task]));
}

describeWith([newPython], 'tritonclient', () => {
  const iris = subject('iris');
  const mixed = subject('mixed');

  it('learns that server and model are ready, and what the model takes and gives', async () => {
    const version = expect.stringMatching(/^[0-9a-f]{12}$/);
    expect(await ask(iris(), 'metadata')).toEqual({
      live: true,
      ready: true,
      modelReady: true,
      server: {
        name: 'iris',
        version: expect.any(String),
        extensions: [
          'binary_tensor_data',
          'classification',
          'model_configuration',
          'model_repository',
          'model_repository(unload_dependents)',
          'statistics',
        ],
      },
      model: {
        name: 'iris',
        versions: [version],
        platform: 'iris_decision_tree',
        inputs: [{ name: 'features', datatype: 'FP64', shape: ['-1', '4'] }],
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: ['-1'] },
          { name: 'class_index', datatype: 'INT32', shape: ['-1'] },
          { name: 'probabilities', datatype: 'FP64', shape: ['-1', '3'] },
          { name: 'leaf', datatype: 'INT32', shape: ['-1'] },
          { name: 'decision_path', datatype: 'BYTES', shape: ['-1'] },
          { name: 'contributions', datatype: 'FP64', shape: ['-1', '3', '6'] },
        ],
      },
      index: { models: [{ name: 'iris', version, state: 'READY' }] },
    });
    expect(await ask(mixed(), 'metadata')).toMatchObject({
      model: {
        inputs: [
          { name: 'size', datatype: 'FP64', shape: ['-1'] },
          { name: 'colour', datatype: 'BYTES', shape: ['-1'] },
          { name: 'weight', datatype: 'FP64', shape: ['-1'] },
        ],
      },
    });
  });

  it.each(['features-FP64', 'features-FP32', 'columns-FP64', 'columns-FP32'])(
    'gets the answers of `iris predict --model` on every iris row: %s',
    async (task) => {
      expect(await ask(iris(), task)).toEqual(iris().answers);
    },
  );

  it.each(['columns-FP64', 'columns-FP32'])(
    'gets them for rows with a category and missing values: %s',
    async (task) => {
      expect(await ask(mixed(), task)).toEqual(mixed().answers);
    },
  );

  it('gets them over one stream, which a bad request does not end', async () => {
    expect(await ask(iris(), 'stream')).toEqual({
      ids: ['0', '2', '3', '4'],
      errors: ['inputs[0].shape[1]: expected 4, the number of features, found 3'],
      answers: iris().answers,
    });
  });

  it('does what docs/protocol.md shows', async () => {
    const { expected, printed } = await runExamples('Python: tritonclient');
    expect(printed).toEqual(expected);
  });
});
