/** The playground: each change of the row is sent to the server, and the answer is shown. */

import { showAnswer, showWaiting } from './answer.js';
import { createAsker, OUTPUTS } from './ask.js';
import { createFields } from './fields.js';
import { createTree } from './tree.js';

const { explains, model, version } = document.getElementById('playground').dataset;
const banner = document.getElementById('banner');
const url = new URL(`v2/models/${encodeURIComponent(model)}/infer`, document.baseURI);
const drawing = document.getElementById('drawing');
// Only a single tree is drawn.
const tree = drawing && createTree(drawing);

const ask = createAsker(
  url,
  explains,
  (answer) => {
    const isShown = answer.version === version;
    showAnswer(answer, fields.names);
    if (isShown) tree?.light(answer.leaf);
    say(isShown ? '' : `The server has model ${answer.version} now: reload the page to see it.`);
  },
  (message) => {
    showWaiting();
    say(`No answer: ${message}.`);
  },
);

const fields = createFields(document.getElementById('features'), update);

function update() {
  const inputs = fields.inputs();
  if (inputs === undefined) return showWaiting();
  ask(inputs);
  showCommand(inputs);
}

function showCommand(inputs) {
  const body = JSON.stringify({ inputs, outputs: OUTPUTS.slice(0, 2) });
  document.getElementById('curl').textContent =
    `curl ${quoted(String(url))} -H 'Content-Type: application/json' -d ${quoted(body)}`;
}

/** For a shell. */
function quoted(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function say(text) {
  banner.textContent = text;
  banner.hidden = text === '';
}

document.getElementById('features').addEventListener('submit', (event) => event.preventDefault());
for (const button of document.querySelectorAll('[data-row]')) {
  button.addEventListener('click', () => fields.fill(JSON.parse(button.dataset.row)));
}
update();
