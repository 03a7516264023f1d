/** The last rows of numbers with their times, in room that is taken once: what scrolling pictures draw. */
export class TimeRing {
  private readonly times: Float64Array;
  private readonly numbers: Float64Array;
  private next = 0;
  private count = 0;

  /** Of `capacity` rows of `fields` numbers. */
  constructor(
    private readonly capacity: number,
    private readonly fields: number,
  ) {
    this.times = new Float64Array(capacity);
    this.numbers = new Float64Array(capacity * fields);
  }

  get length(): number {
    return this.count;
  }

  /** Adds a row; the oldest goes when there is no room. Missing numbers are NaN. */
  push(timeSeconds: number, ...values: readonly number[]): void {
    this.times[this.next] = timeSeconds;
    for (let field = 0; field < this.fields; field++)
      this.numbers[this.next * this.fields + field] = values[field] ?? NaN;
    this.next = (this.next + 1) % this.capacity;
    this.count = Math.min(this.count + 1, this.capacity);
  }

  /** Time of a row in seconds; 0 is the oldest, `length − 1` the latest. NaN beyond. */
  time(row: number): number {
    return this.times[this.place(row)] ?? NaN;
  }

  value(row: number, field: number): number {
    return this.numbers[this.place(row) * this.fields + field] ?? NaN;
  }

  clear(): void {
    this.next = this.count = 0;
  }

  private place(row: number): number {
    if (!(row >= 0 && row < this.count)) return NaN;
    return (this.next - this.count + row + this.capacity) % this.capacity;
  }
}
