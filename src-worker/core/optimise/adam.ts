/**
 * Adam (Kingma and Ba 2015, algorithm 1): steps along the mean gradient over its root mean square, both exponentially
 * averaged and corrected for their start at 0.
 */

export const ADAM_MEAN_DECAY = 0.9;
export const ADAM_SQUARE_DECAY = 0.99;
const EPSILON = 1e-8;

/** Everything needed to go on from where an optimiser stood. */
export interface AdamState {
  readonly mean: readonly number[];
  readonly square: readonly number[];
  readonly steps: number;
}

export class Adam {
  private mean: Float64Array;
  private square: Float64Array;
  private steps = 0;

  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.square = new Float64Array(size);
  }

  /** Moves every entry of `x` by at most about `rate · scales`; entries whose gradient is 0 throughout stay. */
  step(x: Float64Array, gradient: Float64Array, rate: number, scales: Float64Array): void {
    this.steps++;
    const meanScale = 1 / (1 - ADAM_MEAN_DECAY ** this.steps);
    const squareScale = 1 / (1 - ADAM_SQUARE_DECAY ** this.steps);
    for (let i = 0; i < x.length; i++) {
      const g = gradient[i]!;
      this.mean[i] = ADAM_MEAN_DECAY * this.mean[i]! + (1 - ADAM_MEAN_DECAY) * g;
      this.square[i] = ADAM_SQUARE_DECAY * this.square[i]! + (1 - ADAM_SQUARE_DECAY) * g * g;
      x[i]! -=
        (rate * scales[i]! * this.mean[i]! * meanScale) /
        (Math.sqrt(this.square[i]! * squareScale) + EPSILON);
    }
  }

  get state(): AdamState {
    return { mean: [...this.mean], square: [...this.square], steps: this.steps };
  }

  set state({ mean, square, steps }: AdamState) {
    this.mean = Float64Array.from(mean);
    this.square = Float64Array.from(square);
    this.steps = steps;
  }
}
