/** Delays a stream by a fixed number of samples. */
export class DelayLine<Samples extends Float32Array | Float64Array> {
  private at = 0;

  /** `ring`: as many numbers as the delay is long, at least one. */
  constructor(private readonly ring: Samples) {}

  /** What comes out next. */
  get next(): number {
    return this.ring[this.at]!;
  }

  /** As if every number that ever went in had been this one. */
  fill(value: number): void {
    this.ring.fill(value);
  }

  /** Puts `length` numbers in and the delayed ones in their place. */
  exchange(x: Samples, length: number): void {
    const { ring } = this;
    let { at } = this;
    for (let i = 0; i < length; i++) {
      const delayed = ring[at]!;
      ring[at] = x[i]!;
      x[i] = delayed;
      at = at + 1 === ring.length ? 0 : at + 1;
    }
    this.at = at;
  }
}
