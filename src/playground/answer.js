/** Shows an answer: the label, the probabilities, and the steps to the leaf or what each feature contributes. */

const COLOURS = 10;
/** With more classes, only the largest shares are shown. */
const MOST_BARS = 10;
/** Features of which there are more are added up. */
const MOST_TERMS = 10;
/** A screen reader announces only the answer that stays while a slider moves. */
const SILENCE_MS = 400;

const byId = (id) => document.getElementById(id);

let saying;

/** @param {string[]} names of the features, as they are shown */
export function showAnswer({ classes, contributions, label, path, shares }, names) {
  const share = percent(shares[classes.indexOf(label)]);
  byId('label').textContent = label;
  byId('share').textContent = share;
  byId('verdict').classList.remove('waiting');
  showShares(shares);
  showBars(classes, shares, label);
  if (path) showSteps(path, label);
  if (contributions) showContributions(contributions, names);
  clearTimeout(saying);
  saying = setTimeout(() => {
    byId('announcement').textContent = `${label}, ${share}`;
  }, SILENCE_MS);
}

export function showWaiting() {
  byId('verdict').classList.add('waiting');
}

/** One bar of all shares. */
function showShares(shares) {
  let from = 0;
  const parts = shares.map((share, index) => {
    const rect = colouredRect(index, share * 100);
    rect.setAttribute('x', from);
    from += share * 100;
    return rect;
  });
  byId('shares').replaceChildren(...parts.filter((_, index) => shares[index] > 0));
}

function showBars(classes, shares, label) {
  const all = [...classes.keys()];
  const largest = all.filter((index) => shares[index] > 0).sort((a, b) => shares[b] - shares[a]);
  const order = all.length > MOST_BARS ? largest.slice(0, MOST_BARS) : all;
  const list = byId('bars');
  const names = order.map((index) => classes[index]);
  // The same classes again: their bars move.
  const items = names.join('\n') === list.dataset.names ? [...list.children] : order.map(createBar);
  for (const [place, index] of order.entries()) {
    const [name, share, picture] = items[place].children;
    name.textContent = classes[index];
    share.textContent = percent(shares[index]);
    picture.firstChild.style.transform = `scaleX(${shares[index]})`;
    items[place].classList.toggle('first', classes[index] === label);
  }
  if (names.join('\n') === list.dataset.names) return;
  list.dataset.names = names.join('\n');
  const rest = classes.length - order.length;
  list.replaceChildren(...items, ...(rest > 0 ? [element('li', 'quiet', `and ${rest} more classes`)] : []));
}

function createBar(index) {
  const item = document.createElement('li');
  const picture = svgElement('svg', { class: 'picture', viewBox: '0 0 100 1', preserveAspectRatio: 'none' });
  picture.setAttribute('aria-hidden', 'true');
  picture.append(colouredRect(index, 100));
  item.append(document.createElement('span'), document.createElement('span'), picture);
  return item;
}

function showSteps(path, label) {
  const steps = path.map((step) => {
    const item = element('li', '', '');
    item.append(element('span', '', step.words), element('span', 'quiet', `of ${plural(step.samples, 'row')}`));
    return item;
  });
  byId('steps').replaceChildren(...steps, element('li', '', label));
}

function showContributions({ expected, isShare, of, terms, value }, names) {
  const shown = isShare ? percent : (number) => number.toFixed(3).replace('-', '−');
  byId('average').textContent = `${of}: on average ${shown(expected)}, here ${shown(value)}`;
  const ranked = terms
    .map((term, index) => ({ name: names[index], term }))
    .filter(({ term }) => term !== 0)
    .sort((a, b) => Math.abs(b.term) - Math.abs(a.term));
  const rest = ranked.splice(MOST_TERMS);
  if (rest.length > 0) {
    const term = rest.reduce((sum, other) => sum + other.term, 0);
    ranked.push({ name: plural(rest.length, 'more feature'), term });
  }
  const widest = Math.max(...ranked.map(({ term }) => Math.abs(term)));
  byId('terms').replaceChildren(...ranked.map(({ name, term }) => createTerm(name, term, widest, shown)));
}

/** A bar to the right of the middle for what speaks for the label, to the left for what speaks against it. */
function createTerm(name, term, widest, shown) {
  const item = document.createElement('li');
  const picture = svgElement('svg', { class: 'picture', viewBox: '-100 0 200 1', preserveAspectRatio: 'none' });
  picture.setAttribute('aria-hidden', 'true');
  const width = (100 * Math.abs(term)) / widest;
  picture.append(
    svgElement('rect', { class: term < 0 ? 'against' : 'for', x: term < 0 ? -width : 0, width, height: 1 }),
  );
  item.append(
    element('span', '', name),
    element('span', '', `${term < 0 ? '−' : '+'}${shown(Math.abs(term))}`),
    picture,
  );
  return item;
}

function colouredRect(index, width) {
  return svgElement('rect', { class: `k${index % COLOURS}`, width, height: 1 });
}

function svgElement(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function element(name, kind, text) {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

function percent(share) {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;
}

function plural(count, one) {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
