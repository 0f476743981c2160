/** The part of ml-cart 2.1.1 that is used here; the package has no types of its own. */
declare module 'ml-cart' {
  import type { Matrix } from 'ml-matrix';

  export interface ClassifierOptions {
    /** A node of at most this many rows is a leaf. */
    minNumSamples: number;
    /** A node whose gain is at most this is a leaf. */
    gainThreshold: number;
    maxDepth: number;
  }

  /** A node without children is a leaf; it still has a split value if a split was tried. */
  export interface ClassifierNode {
    left?: ClassifierNode;
    right?: ClassifierNode;
    splitColumn?: number;
    splitValue?: number;
  }

  export class DecisionTreeClassifier {
    root: ClassifierNode;
    constructor(options: ClassifierOptions);
    /** Restores a tree from the output of `toJSON`. */
    static load(model: { name: string; options: object; root: ClassifierNode }): DecisionTreeClassifier;
    train(rows: Matrix, labels: number[]): void;
    predict(rows: Matrix | number[][]): number[];
  }
}
