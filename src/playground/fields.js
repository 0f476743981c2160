/** The controls of the row: one per feature, in the model's order. */

/** @param {HTMLElement} form @param {() => void} onChange */
export function createFields(form, onChange) {
  const byName = [...form.querySelectorAll('.feature')].map((element) => createField(element, onChange));
  const fields = byName.sort((a, b) => a.index - b.index);
  return {
    /** As they are shown. */
    names: fields.map(({ name }) => name),
    /** Inputs of the protocol; undefined while a field holds no number. */
    inputs() {
      const inputs = fields.map((field) => field.input());
      return inputs.includes(undefined) ? undefined : inputs;
    },
    /** @param {(number | null)[]} values one per feature: a number, the place of a category, null where missing */
    fill(values) {
      for (const [index, field] of fields.entries()) field.fill(values[index]);
      onChange();
    },
  };
}

function createField(element, onChange) {
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  const { kind, wire } = element.dataset;
  // As JSON: in the shown name, control characters are spelled out.
  const name = JSON.parse(wire);
  const missing = part('missing');
  const value = kind === 'number' ? createNumber(element, part) : createCategory(part);
  const update = () => {
    value.show(missing?.checked === true);
    onChange();
  };
  element.addEventListener('input', (event) => {
    value.follow(event.target);
    update();
  });
  value.show(false);
  return {
    name: element.dataset.name,
    index: Number(element.querySelector('.name').id.split('-')[1]),
    input() {
      const found = missing?.checked ? null : value.get();
      if (found === undefined) return undefined;
      return { name, datatype: kind === 'number' ? 'FP64' : 'BYTES', shape: [1], data: [found] };
    },
    fill(next) {
      if (missing) missing.checked = next === null;
      if (next !== null) value.set(next);
      value.show(next === null);
    },
  };
}

/** A number has a slider, and a field for any value. */
function createNumber(element, part) {
  const [exact, slider] = [part('exact'), part('slider')];
  const note = element.querySelector('.note');
  const words = note.textContent;
  const get = () => (exact.value === '' || !exact.validity.valid ? undefined : Number(exact.value));
  return {
    get,
    set(value) {
      exact.value = value;
      if (slider) slider.value = value;
    },
    follow(changed) {
      if (changed === slider) exact.value = slider.value;
      else if (changed === exact && slider && get() !== undefined) slider.value = exact.value;
    },
    show(isMissing) {
      exact.disabled = isMissing;
      if (slider) slider.disabled = isMissing;
      const value = get();
      const outside = !isMissing && value !== undefined && (value < +exact.dataset.min || value > +exact.dataset.max);
      note.classList.toggle('outside', outside);
      note.textContent = outside ? `outside of what training saw: ${words}` : words;
    },
  };
}

function createCategory(part) {
  const [select, here] = [part('category'), part('here')];
  return {
    get: () => JSON.parse(select.value),
    set(value) {
      select.selectedIndex = value;
    },
    follow() {},
    show(isMissing) {
      select.disabled = isMissing;
      // There are no bars where the model has no histogram.
      if (!here) return;
      here.hidden = isMissing;
      here.style.left = `${((select.selectedIndex + 0.5) / select.options.length) * 100}%`;
    },
  };
}
