/**
 * Places or bytes that all connections take from. Two rules divide them:
 *
 * - A connection may hold at most `factor` times what is still free (dynamic thresholds: A. K. Choudhury, E. L. Hahne,
 *   "Dynamic queue length thresholds for shared-memory packet switches", IEEE/ACM Transactions on Networking 6 (2), 1998).
 *   A single one can have `factor / (factor + 1)` of it, n that want everything get `factor / (n * factor + 1)` each.
 * - That rule does not take back what is held for ever. So a connection that asks for no more than an equal part gets it, at
 *   the cost of the one that holds most (pushout: S. X. Wei, E. J. Coyle, M.-T. T. Hsiao, "An optimal buffer management policy
 *   for high-performance packet switching", GLOBECOM 1991).
 * Why: docs/decisions/what-connections-share.md
 */
export class SharedLimit {
  readonly capacity: number;
  readonly #factor: number;
  /** Of all connections that are open. */
  readonly #shares = new Set<Share>();
  /** How many of them hold something. */
  #holders = 0;
  #taken = 0;

  constructor(capacity: number, factor: number) {
    this.capacity = capacity;
    this.#factor = factor;
  }

  get free(): number {
    return this.capacity - this.#taken;
  }

  /**
   * The part of a connection, until it is closed.
   *
   * @param reclaim gives something of it back at once, if it can
   */
  share(reclaim: () => void): Share {
    const share = new Share(this, reclaim);
    this.#shares.add(share);
    return share;
  }

  /** The connection of a share has closed: what it still holds is given back as its calls end. */
  close(share: Share): void {
    this.#shares.delete(share);
  }

  /** To be called by a share before each change. */
  change(held: number, amount: number): void {
    this.#taken += amount;
    this.#holders += Number(held + amount > 0) - Number(held > 0);
  }

  /** Whether a connection may have so much more, which may take it from others. */
  makeRoom(share: Share, amount: number): boolean {
    const free = this.capacity - this.#taken;
    const wanted = share.held + amount;
    return (amount <= free && wanted <= this.#factor * free) || this.#pushOut(share, amount);
  }

  #pushOut(share: Share, amount: number): boolean {
    const others = this.#holders - Number(share.held > 0);
    // One part more than there are holders: it stays free for the next one.
    const equalPart = this.capacity / (others + 2);
    if (share.held + amount > equalPart) return false;
    while (amount > this.free) {
      const largest = this.#largest();
      if (!largest || largest.held <= equalPart) return false;
      const before = largest.held;
      largest.reclaim();
      if (largest.held >= before) return false;
    }
    return true;
  }

  #largest(): Share | undefined {
    let largest: Share | undefined;
    for (const share of this.#shares) if (!largest || share.held > largest.held) largest = share;
    return largest;
  }
}

/** What one connection has taken of a shared limit. */
export class Share {
  readonly limit: SharedLimit;
  readonly reclaim: () => void;
  #held = 0;

  constructor(limit: SharedLimit, reclaim: () => void) {
    this.limit = limit;
    this.reclaim = reclaim;
  }

  get held(): number {
    return this.#held;
  }

  /** Takes it, or (negative) gives it back, whether there is room or not. */
  add(amount: number): void {
    this.limit.change(this.#held, amount);
    this.#held += amount;
  }

  /** @returns false, and nothing is taken, where there is no room for it */
  tryTake(amount: number): boolean {
    if (!this.limit.makeRoom(this, amount)) return false;
    this.add(amount);
    return true;
  }

  close(): void {
    this.limit.close(this);
  }
}
