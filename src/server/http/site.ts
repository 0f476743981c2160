import type { ServedModel } from '../models/served-model.js';
import type { ModelReadiness } from '../services/inference/model-states.js';

/** A file for browsers, beside the protocol. */
export interface SiteFile {
  /** Media type. */
  readonly type: string;
  readonly content: string;
}

/** What a page can be about. */
export interface ShownModels {
  /** The model that is asked for, or answers services whose requests name none; undefined for a list of all. */
  readonly served: ServedModel | undefined;
  readonly areSeveral: boolean;
  states(): readonly ModelReadiness[];
}

/**
 * The pages of a server: the file at a path, for the models that are served now. The program that starts the
 * server provides them; the server knows nothing of their content.
 * Why: docs/decisions/pages-are-injected.md
 */
export type Site = (path: string, models: ShownModels) => SiteFile | undefined;

/** Pages may run their own scripts and call this server, nothing else, and not in a frame. */
export const SITE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Sizes of drawings: attributes cannot load anything here.
    "style-src-attr 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};
