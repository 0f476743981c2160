/** Smaller pieces cost more than their content. */
const SMALL_BYTES = 64;
/** The excess of small pieces over others that no client reaches by chance. */
const MAX_SMALL = 2000;

/**
 * Counts pieces of a few bytes: each costs as much time as a small call. An excess of them is a flood, like one of empty
 * frames (https://www.rfc-editor.org/rfc/rfc9113#section-10.5).
 */
export class SmallPieces {
  #excess = 0;

  /**
   * @param completes whether a message is whole with it
   * @returns whether there are too many
   */
  note(bytes: number, completes: boolean): boolean {
    if (bytes < SMALL_BYTES && !completes) this.#excess++;
    else if (this.#excess > 0) this.#excess--;
    return this.#excess > MAX_SMALL;
  }
}
