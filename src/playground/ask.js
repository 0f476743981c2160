/** Requests one prediction at a time: while one is pending, only the latest row waits. */

/**
 * @param {string} url of the model's infer endpoint
 * @param {string} explains how the model explains an answer: by a path, contributions, or nothing
 * @param {(answer: object) => void} onAnswer
 * @param {(message: string) => void} onFailure
 * @returns {(inputs: object[]) => void}
 */
export function createAsker(url, explains, onAnswer, onFailure) {
  let busy = false;
  let next;
  const run = async () => {
    busy = true;
    while (next !== undefined) {
      const inputs = next;
      next = undefined;
      try {
        onAnswer(await ask(url, inputs, explains));
      } catch (error) {
        if (next === undefined) onFailure(error.message);
      }
    }
    busy = false;
  };
  return (inputs) => {
    next = inputs;
    if (!busy) void run();
  };
}

/** The outputs that any page shows. */
export const OUTPUTS = [{ name: 'label' }, { name: 'probabilities' }];

/** Those that explain them. */
const EXPLANATIONS = {
  path: [{ name: 'leaf' }, { name: 'decision_path' }],
  contributions: [{ name: 'contributions' }],
  nothing: [],
};

async function ask(url, inputs, explains) {
  let response;
  try {
    const body = JSON.stringify({ inputs, outputs: [...OUTPUTS, ...EXPLANATIONS[explains]] });
    response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  } catch {
    throw new Error('the server cannot be reached');
  }
  const text = await response.text();
  if (!response.ok) throw new Error(errorOf(text) ?? `the server answered with status ${response.status}`);
  return readAnswer(JSON.parse(text));
}

/** A proxy answers with something else than JSON. */
function errorOf(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return undefined;
  }
}

function readAnswer({ model_version: version, outputs }) {
  const {
    contributions,
    decision_path: path,
    label,
    leaf,
    probabilities,
  } = Object.fromEntries(outputs.map((output) => [output.name, output]));
  return {
    version,
    label: label.data[0],
    classes: JSON.parse(probabilities.parameters.classes),
    shares: probabilities.data,
    leaf: leaf?.data[0],
    path: path && JSON.parse(path.data[0]),
    contributions: contributions && readContributions(contributions, label.data[0]),
  };
}

/** Those to the output of the label, or to the only one: one per feature, what is expected, and what rounding leaves. */
function readContributions({ data, parameters, shape }, label) {
  const classes = JSON.parse(parameters.classes);
  const output = Math.max(0, classes.indexOf(label));
  const [, , width] = shape;
  const terms = data.slice(output * width, (output + 1) * width);
  return {
    of: `${parameters.of} of ${classes[output]}`,
    isShare: parameters.of === 'share',
    terms: terms.slice(0, -2),
    expected: terms[width - 2],
    value: terms.reduce((sum, term) => sum + term, 0),
  };
}
