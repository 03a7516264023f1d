/** A number that goes to its goal in a straight line, a little every sample. */
const VALUE = 0;
const GOAL = 1;
const STEP = 2;

export class Glide {
  /** Kept in an array, since a number in a field may be allocated anew every time it changes. */
  private readonly state: Float64Array;
  private samplesLeft = 0;

  constructor(value: number) {
    this.state = Float64Array.of(value, value, 0);
  }

  get goal(): number {
    return this.state[GOAL]!;
  }

  /** Takes `samples` ≥ 1 to get there from where it is now. */
  to(goal: number, samples: number): void {
    const { state } = this;
    state[GOAL] = goal;
    state[STEP] = (goal - state[VALUE]!) / samples;
    this.samplesLeft = samples;
  }

  /** Is there at once. */
  arrive(): void {
    this.state[VALUE] = this.state[GOAL]!;
    this.samplesLeft = 0;
  }

  /** Writes the next `length` values. */
  write(out: Float64Array, length: number): void {
    const { state } = this;
    const gliding = Math.min(this.samplesLeft, length);
    const step = state[STEP]!;
    let value = state[VALUE]!;
    for (let i = 0; i < gliding; i++) {
      value += step;
      out[i] = value;
    }
    this.samplesLeft -= gliding;
    if (gliding > 0 && this.samplesLeft === 0) out[gliding - 1] = value = state[GOAL]!;
    for (let i = gliding; i < length; i++) out[i] = value;
    state[VALUE] = value;
  }
}
