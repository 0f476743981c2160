import { treeSvg } from '../drawing/tree-drawing.js';
import { printableModel, shownSentence } from '../printable.js';
import type { Paint } from '../terminal-paint.js';
import { inspectionDot } from './dot.js';
import { type Inspection, inspectionText } from './inspection.js';
import { inspectionMermaid } from './mermaid.js';

export const inspectionFormats = ['text', 'dot', 'mermaid', 'svg'] as const;

/** A model in one of the forms that `iris inspect` has; it ends in a newline. */
export function renderInspection(
  inspection: Inspection,
  format: (typeof inspectionFormats)[number],
  paint: Paint,
): string {
  const shown = { ...inspection, path: shownSentence(inspection.path), model: printableModel(inspection.model) };
  if (format === 'svg') return treeSvg(shown.model, { answers: inspection.answers ?? null });
  if (format === 'dot') return inspectionDot(shown);
  return format === 'mermaid' ? inspectionMermaid(shown) : inspectionText(shown, paint);
}
