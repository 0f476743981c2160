import { plural } from '../../ground/quote.js';
import { type Markup, markup } from '../markup.js';

/** A model of a server. */
export interface ListedModel {
  readonly name: string;
  /** READY where it answers. */
  readonly state: string;
  /** What is wrong with it or its files; empty for nothing. */
  readonly reason: string;
}

/** More than anyone looks through. */
const MOST_MODELS = 1000;

/** The page on which people choose one of the models of a server. Addresses are relative, as those of a model's page are. */
export function modelsPage(models: readonly ListedModel[]): string {
  const rows = models.slice(0, MOST_MODELS).map(modelRow);
  const left = models.length - rows.length;
  const page = markup`
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="playground/style.css">
        <title>Models</title>
      </head>
      <body>
        <header><h1>Models</h1><p class="quiet">Choose the one to try.</p></header>
        <main>
          <section>
            <table>
              <thead><tr><th>Model</th><th>State</th><th>What is wrong</th></tr></thead>
              <tbody>${rows}</tbody>
            </table>
            ${left > 0 ? markup`<p>${plural(left, 'model')} more.</p>` : null}
          </section>
        </main>
      </body>
    </html>
  `;
  return `<!doctype html>\n${page.markup}\n`;
}

function modelRow({ name, reason, state }: ListedModel): Markup {
  const shown = state === 'READY' ? markup`<a href="?model=${encodeURIComponent(name)}">${name}</a>` : name;
  return markup`<tr><td>${shown}</td><td>${state}</td><td>${reason}</td></tr>`;
}
