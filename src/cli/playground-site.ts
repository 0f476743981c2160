import { readdirSync, readFileSync } from 'node:fs';
import { modelsPage } from '../report/playground/models-page.js';
import { playgroundPage } from '../report/playground/page.js';
import { playgroundStyle } from '../report/playground/style.js';
import type { Site, SiteFile } from '../server/http/site.js';
import type { ServedModel } from '../server/models/served-model.js';

/** The modules that run in the browser, as they are. */
const MODULES = new URL('../playground/', import.meta.url);

/** The playground: the page of a model, or the list of them, at /, its assets below /playground. */
export function playgroundSite(): Site {
  const files = new Map<string, SiteFile>([
    ['/playground/style.css', { type: 'text/css; charset=utf-8', content: playgroundStyle() }],
  ]);
  for (const name of readdirSync(MODULES).filter((file) => file.endsWith('.js'))) {
    const content = readFileSync(new URL(name, MODULES), 'utf8');
    files.set(`/playground/${name}`, { type: 'text/javascript; charset=utf-8', content });
  }
  const pages = [new WeakMap<ServedModel, SiteFile>(), new WeakMap<ServedModel, SiteFile>()] as const;
  return (path, { areSeveral, served, states }) => {
    if (path !== '/') return files.get(path);
    if (!served) return html(modelsPage(states()));
    const known = pages[areSeveral ? 1 : 0];
    const page = known.get(served) ?? html(playgroundPage(served.model, served.name, areSeveral));
    known.set(served, page);
    return page;
  };
}

function html(content: string): SiteFile {
  return { type: 'text/html; charset=utf-8', content };
}
