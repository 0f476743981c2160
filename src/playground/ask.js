/** Requests one prediction at a time: while one is pending, only the latest row waits. */

/**
 * @param {string} url of the model's infer endpoint
 * @param {(answer: object) => void} onAnswer
 * @param {(message: string) => void} onFailure
 * @returns {(inputs: object[]) => void}
 */
export function createAsker(url, onAnswer, onFailure) {
  let busy = false;
  let next;
  const run = async () => {
    busy = true;
    while (next !== undefined) {
      const inputs = next;
      next = undefined;
      try {
        onAnswer(await ask(url, inputs));
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

/** The outputs that the page shows. */
export const OUTPUTS = [{ name: 'label' }, { name: 'probabilities' }, { name: 'leaf' }, { name: 'decision_path' }];

async function ask(url, inputs) {
  let response;
  try {
    const body = JSON.stringify({ inputs, outputs: OUTPUTS });
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
  const [label, probabilities, leaf, path] = outputs;
  return {
    version,
    label: label.data[0],
    classes: JSON.parse(probabilities.parameters.classes),
    shares: probabilities.data,
    leaf: leaf.data[0],
    path: JSON.parse(path.data[0]),
  };
}
