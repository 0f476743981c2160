/** Whether text goes to a terminal that shows colours. */
export type Paint = 'plain' | 'colour';

/** Foreground colours of ECMA-48 SGR, far apart from each other on light and dark ground: blue, yellow, green, … */
const CLASS_COLOURS = [34, 33, 32, 35, 36, 31];

/** Text in the colour of a class. */
export function paintClass(text: string, classIndex: number, paint: Paint): string {
  if (paint === 'plain') return text;
  return `\u001b[${CLASS_COLOURS[classIndex % CLASS_COLOURS.length]}m${text}\u001b[0m`;
}
