/** Where two trees begin to differ. */
export interface SplitChange {
  /** The answers from the root to that node; empty at the root. */
  readonly path: readonly string[];
  /** The test that a row passes to go left, or the label of a leaf. */
  readonly before: string;
  readonly after: string;
}
