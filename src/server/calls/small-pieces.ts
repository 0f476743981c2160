/** Smaller pieces cost more than what is in them. */
const SMALL_BYTES = 64;
/** So many more of them than other pieces and whole messages: no client sends them by chance. */
const MAX_SMALL = 2000;

/**
 * Counts pieces of a few bytes in which a client sends what would go in one: each costs as much time as a small call. An
 * excess of them is a flood, as of empty frames (https://www.rfc-editor.org/rfc/rfc9113#section-10.5).
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
