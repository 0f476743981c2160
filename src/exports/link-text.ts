import type { Combine } from '../tree/ensemble.js';

/** Code by which a language turns scores into shares, each with what it asks for but the exponential function. */
export interface LinkTexts {
  readonly exponential: (inFloats: boolean) => string;
  readonly ofOnnxruntime: Readonly<Record<Combine['link'], string>>;
  readonly sigmoid: string;
  readonly floatSigmoid: string;
  readonly softmax: string;
  readonly floatSoftmax: string;
  /** The sum of a softmax, term after term, and as numpy adds eight terms or more. */
  readonly sum: string;
  readonly sumInEights: (outputs: number) => string;
}

/** What a model needs of them; nothing where scores are shares already. */
export function linkText({ function: arithmetic, link, outputs }: Combine, texts: LinkTexts): string {
  const isOnnxruntime = arithmetic === 'float32/2';
  if (link === 'none') return isOnnxruntime ? texts.ofOnnxruntime.none : '';
  const inFloats = arithmetic.startsWith('float32');
  const exponential = texts.exponential(inFloats);
  if (isOnnxruntime) return exponential + texts.ofOnnxruntime[link];
  if (link === 'sigmoid') return exponential + (inFloats ? texts.floatSigmoid : texts.sigmoid);
  if (inFloats) return exponential + texts.floatSoftmax;
  const sum = arithmetic === 'float64/2' && outputs >= 8 ? texts.sumInEights(outputs) : texts.sum;
  return exponential + sum + texts.softmax;
}
