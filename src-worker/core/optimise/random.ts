/** Seeded random numbers: mulberry32 (T. Ettinger, public domain algorithm), the same on every machine. */
export class Random {
  /** Everything there is to know: setting it goes on from where another one stood. */
  state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** Uniform in 0..1, 1 excluded. */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Uniform in −1..1. */
  signed(): number {
    return 2 * this.uniform() - 1;
  }

  /** The numbers 0..count−1 in random order. */
  permutation(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
