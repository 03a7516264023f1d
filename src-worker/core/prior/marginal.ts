/**
 * The distribution of one parameter as a short table: which value it has where a normal number has the value z.
 *
 *   x(z) at z = −2.4, −2.1 … 2.4 is a quantile of the presets' values blurred by a normal kernel; between them a monotone
 *   cubic (Fritsch & Carlson, SIAM J. Numer. Anal. 17, 1980); beyond them a straight line, so the tails are normal.
 *   density: log p(x) = log φ(z(x)) − log x'(z)
 *
 * The kernel's width is Silverman's rule. Blurring widens a distribution: afterwards the table is shifted and scaled to the
 * presets' own mean and standard deviation. Each entry is an average over many presets, none is any preset's value.
 */
import { stillness } from './moments.ts';
import { logNormalDensity, normalCdf } from './normal.ts';

const LAST_Z = 2.4;
const STEP = 0.3;

/** z of each entry of a table. */
export const MARGINAL_Z: readonly number[] = Array.from(
  { length: 2 * Math.round(LAST_Z / STEP) + 1 },
  (_, i) => (i - Math.round(LAST_Z / STEP)) * STEP,
);
const SIZE = MARGINAL_Z.length;
/** More values than these are represented by as many of their quantiles, to save time. */
const MOST_VALUES = 1000;
/** A tail rises at least this part of the table's mean slope: values beyond the table stay possible. */
const LEAST_TAIL = 0.3;

export interface NormalScore {
  readonly z: number;
  /** log of the density of the parameter's value. */
  readonly logDensity: number;
}

export class Marginal {
  private readonly slopes: Float64Array;
  private readonly firstSlope: number;
  private readonly lastSlope: number;

  /** `table`: x at each of MARGINAL_Z, strictly rising. Throws a RangeError for anything else. */
  constructor(readonly table: Float64Array) {
    if (table.length !== SIZE || !table.every((x, i) => Number.isFinite(x) && (i === 0 || x > table[i - 1])))
      throw new RangeError(`A marginal is a table of ${SIZE} rising numbers.`);
    const secants = Float64Array.from({ length: SIZE - 1 }, (_, i) => (table[i + 1] - table[i]) / STEP);
    const least = (LEAST_TAIL * (table[SIZE - 1] - table[0])) / (2 * LAST_Z);
    this.firstSlope = Math.max(least, secants[0]);
    this.lastSlope = Math.max(least, secants[SIZE - 2]);
    this.slopes = table.map((_, i) => {
      if (i === 0) return Math.min(this.firstSlope, 3 * secants[0]);
      if (i === SIZE - 1) return Math.min(this.lastSlope, 3 * secants[SIZE - 2]);
      // The harmonic mean keeps the cubic monotone.
      return (2 * secants[i - 1] * secants[i]) / (secants[i - 1] + secants[i]);
    });
  }

  /** x(z). */
  valueAt(z: number): number {
    if (z <= -LAST_Z) return this.table[0] + (z + LAST_Z) * this.firstSlope;
    if (z >= LAST_Z) return this.table[SIZE - 1] + (z - LAST_Z) * this.lastSlope;
    const cell = Math.min(SIZE - 2, Math.floor((z + LAST_Z) / STEP));
    return this.cubic(cell, (z - MARGINAL_Z[cell]) / STEP).value;
  }

  /** z(x) and the density at x. */
  scoreOf(x: number): NormalScore {
    const { table } = this;
    if (x <= table[0]) return score((x - table[0]) / this.firstSlope - LAST_Z, this.firstSlope);
    if (x >= table[SIZE - 1]) return score((x - table[SIZE - 1]) / this.lastSlope + LAST_Z, this.lastSlope);
    let cell = 0;
    while (x >= table[cell + 1]) cell++;
    let low = 0;
    let high = 1;
    let at = (x - table[cell]) / (table[cell + 1] - table[cell]);
    for (let step = 0; step < 60 && high - low > 1e-15; step++) {
      const { value, slope } = this.cubic(cell, at);
      if (value === x) break;
      if (value < x) low = at;
      else high = at;
      const newton = at + (x - value) / (slope * STEP);
      at = newton > low && newton < high ? newton : (low + high) / 2;
    }
    return score(MARGINAL_Z[cell] + at * STEP, this.cubic(cell, at).slope);
  }

  /** Hermite's cubic in a cell, t within 0..1: value and dx/dz. */
  private cubic(cell: number, t: number): { value: number; slope: number } {
    const a = this.table[cell];
    const rise = this.table[cell + 1] - a;
    const m0 = this.slopes[cell] * STEP;
    const m1 = this.slopes[cell + 1] * STEP;
    const c2 = 3 * rise - 2 * m0 - m1;
    const c3 = m0 + m1 - 2 * rise;
    return {
      value: a + t * (m0 + t * (c2 + t * c3)),
      slope: Math.max((m0 + t * (2 * c2 + 3 * t * c3)) / STEP, 1e-6 * this.firstSlope),
    };
  }
}

const score = (z: number, slope: number): NormalScore => ({
  z,
  logDensity: logNormalDensity(z) - Math.log(slope),
});

/** Mean and variance of x − origin under a normal z; an origin within the table keeps the digits of narrow ones. */
function momentsOf(marginal: Marginal, origin: number): { mean: number; variance: number } {
  let weight = 0;
  let first = 0;
  let second = 0;
  for (let z = -6; z <= 6; z += 0.02) {
    const density = Math.exp(logNormalDensity(z));
    const x = marginal.valueAt(z) - origin;
    weight += density;
    first += density * x;
    second += density * x * x;
  }
  const mean = first / weight;
  return { mean, variance: second / weight - mean * mean };
}

function quantile(sorted: Float64Array, part: number): number {
  const at = part * (sorted.length - 1);
  const below = Math.min(sorted.length - 2, Math.floor(at));
  return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

/** The table of values (two or more). Values that are all the same, or nearly, get a narrow one around them. */
export function marginalOf(values: Float64Array): Marginal {
  const n = values.length;
  const sorted = values.slice().sort();
  const mean = values.reduce((sum, x) => sum + x / n, 0);
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const narrowest = Math.sqrt(stillness(mean));
  if (!(deviation > narrowest))
    return new Marginal(Float64Array.from(MARGINAL_Z, (z) => mean + narrowest * z));
  const middleHalf = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  // Values that nearly all agree would give a kernel too narrow to bridge the others.
  const spread = Math.min(deviation, Math.max(middleHalf, 0.05 * deviation));
  const width = 0.9 * spread * n ** -0.2;
  const size = Math.min(n, MOST_VALUES);
  const kernels = Float64Array.from({ length: size }, (_, i) =>
    size === n ? sorted[i] : quantile(sorted, (i + 0.5) / size),
  );
  const below = (x: number): number => {
    let sum = 0;
    for (const value of kernels) sum += normalCdf((x - value) / width);
    return sum / size;
  };
  let start = sorted[0] - 8 * width;
  const table = Float64Array.from(MARGINAL_Z, (z) => {
    const wanted = normalCdf(z);
    let low = start;
    let high = sorted[n - 1] + 8 * width;
    // Illinois variant of the false position: few evaluations of a sum over all presets.
    let atLow = below(low) - wanted;
    let atHigh = below(high) - wanted;
    for (let step = 0; step < 80 && high - low > 1e-9 * deviation; step++) {
      const x = step % 3 === 2 ? (low + high) / 2 : low - (atLow * (high - low)) / (atHigh - atLow);
      const at = below(x) - wanted;
      if (at < 0) {
        low = x;
        atLow = at;
        atHigh *= 0.5;
      } else {
        high = x;
        atHigh = at;
        atLow *= 0.5;
      }
    }
    start = low;
    return (low + high) / 2;
  });
  for (let i = 1; i < SIZE; i++) table[i] = Math.max(table[i], table[i - 1] + 1e-6 * deviation);
  // The tails' slopes follow the scale, so one step of shift and scale is exact.
  const origin = table[(SIZE - 1) / 2];
  const blurred = momentsOf(new Marginal(table), origin);
  const scale = deviation / Math.sqrt(blurred.variance);
  return new Marginal(table.map((x) => mean + scale * (x - origin - blurred.mean)));
}
