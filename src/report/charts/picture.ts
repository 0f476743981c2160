import { type Content, type Markup, markup, verbatim } from '../markup.js';
import { pictureStyle } from './palette.js';

export interface PictureOptions {
  /** Unique in its document; letters, digits and hyphens. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** What the picture shows, in words. */
  readonly description: string;
  /** An SVG file with its own style and background, instead of a part of a page. */
  readonly alone?: boolean;
}

/** An SVG picture with a name and a description for screen readers. */
export function picture(options: PictureOptions, content: Content): Markup {
  const { alone = false, description, height, id, title, width } = options;
  const kind = alone ? markup` xmlns="http://www.w3.org/2000/svg"` : markup` style="--width:${width}px"`;
  const style = alone ? markup`<style>${verbatim(pictureStyle())}</style>` : null;
  const ground = alone ? markup`<rect class="ground" width="100%" height="100%"/>` : null;
  return markup`
    <svg${kind} class="picture" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img"
      aria-labelledby="${id}-title" aria-describedby="${id}-text">
      <title id="${id}-title">${title}</title>
      <desc id="${id}-text">${description}</desc>
      ${style}${ground}${content}
    </svg>
  `;
}
