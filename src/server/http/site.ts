import type { ServedModel } from '../models/served-model.js';

/** Something that a browser gets beside the protocol. */
export interface SiteFile {
  /** Media type. */
  readonly type: string;
  readonly content: string;
}

/**
 * The pages of a server: the file at a path, for the model that is served now. Who starts the server brings them; the
 * server knows nothing of what is on them.
 */
export type Site = (path: string, served: ServedModel) => SiteFile | undefined;

/** Pages run their own scripts and talk to this server: nothing else, and nothing in a frame. */
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
