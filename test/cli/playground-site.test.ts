import { describe, expect, it } from 'vitest';
import { playgroundSite } from '../../src/cli/playground-site.js';
import { runSteps } from '../../src/model/steps.js';
import { preparing } from '../../src/server/models/served-model.js';
import type { ModelReadiness } from '../../src/server/services/inference/model-states.js';
import { irisModel } from '../server/models.js';

const states = (): readonly ModelReadiness[] => [
  { name: 'wine', state: 'READY', reason: '' },
  { name: 'bad', state: 'UNAVAILABLE', reason: '1.json: not <JSON>' },
  ...Array.from({ length: 1200 }, (_, index) => ({ name: `m${index}`, state: 'READY' as const, reason: '' })),
];

describe('the site of the playground', () => {
  const site = playgroundSite();
  const served = runSteps(preparing(irisModel(), 'iris'));

  it('has the page of a model, with a way to the others where there are some', () => {
    for (const areSeveral of [false, true]) {
      const page = site('/', { served, areSeveral, states })!;
      expect(page.content.includes('<a href="?all">')).toBe(areSeveral);
      expect(site('/', { served, areSeveral, states })).toBe(page);
    }
    expect(site('/playground/main.js', { served, areSeveral: false, states })!.type).toMatch(/^text\/javascript/);
    expect(site('/none', { served, areSeveral: false, states })).toBeUndefined();
  });

  it('has a list of models to choose from, up to a thousand, and says what is wrong with them', () => {
    const { content } = site('/', { served: undefined, areSeveral: true, states })!;
    expect(content).toContain('<td><a href="?model=wine">wine</a></td><td>READY</td><td></td>');
    expect(content).toContain('<td>bad</td><td>UNAVAILABLE</td><td>1.json: not &lt;JSON&gt;</td>');
    expect(content.match(/<a href/g)).toHaveLength(999);
    expect(content).toContain('202 models more.');
  });
});
