/**
 * The prior: what a set of presets says about presets. Statistics only; no preset can be read back from it.
 *
 *   mean, covariance     of the informative raw values, n − 1 in the denominator
 *   shrinkage            λ of moments.ts; what densities, draws and distances use where the set is small
 *   marginals, scores    the copula of shaped.ts
 *   heldOut              cross-validated likelihoods, and a table of how far unseen presets lie from the middle
 */
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { componentsOf, type Components, type ComponentScale } from './components.ts';
import { crossValidate, FOLDS, type HeldOutLikelihood } from './cross-validation.ts';
import { Gaussian } from './gaussian.ts';
import {
  covarianceOf,
  LEAST_SHRINKAGE,
  meanOf,
  shrinkageOf,
  shrunk,
  stillness,
  type Rows,
} from './moments.ts';
import { chiSquareCdf } from './normal.ts';
import { shapedDensityOf, type ShapedDensity } from './shaped.ts';

/** Fewest presets that a prior can be made of. */
export const LEAST_PRESETS = 3;
/** With fewer presets than this many times the dimensions, densities and draws use the shrunk covariance. */
const PRESETS_PER_DIMENSION = 2;
/** Of the time that learning takes, what cross-validation does: its folds cost about as much as the whole set, each. */
const VALIDATION_PART = FOLDS / (FOLDS + 1);
/** Parts of the table of held-out distances: 1 %, 5 %, 10 % … 95 %, 99 %. */
export const DISTANCE_LEVELS: readonly number[] = [
  0.01,
  ...Array.from({ length: 19 }, (_, i) => (i + 1) / 20),
  0.99,
];

/** Where a prior comes from, for those who use it. */
export interface Provenance {
  readonly name: string;
  readonly source: string;
  readonly licence: string;
  /** ISO 8601 date. */
  readonly date: string;
}

export interface PriorStatistics {
  readonly provenance: Provenance;
  readonly presetCount: number;
  /** Positions of the informative values in a raw vector, ascending. */
  readonly dimensions: readonly number[];
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly shrinkage: number;
  /** Means of the values that are not informative, by position: what draws put there. */
  readonly fill: ReadonlyMap<number, number>;
  readonly shaped: ShapedDensity;
  /** null for sets too small to hold any preset out. */
  readonly heldOut: {
    readonly likelihood: HeldOutLikelihood;
    /** Squared distances at DISTANCE_LEVELS. */
    readonly distances: Float64Array;
  } | null;
}

export class PriorModel implements PriorStatistics {
  readonly provenance: Provenance;
  readonly presetCount: number;
  readonly dimensions: readonly number[];
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly shrinkage: number;
  readonly fill: ReadonlyMap<number, number>;
  readonly shaped: ShapedDensity;
  readonly heldOut: PriorStatistics['heldOut'];
  /** Whether the set is so small that the covariance is shrunk for densities and draws. */
  readonly isShrunk: boolean;
  /** What densities and draws use: the sample covariance, or, for small sets, the shrunk one. */
  readonly gaussian: Gaussian;
  /** The shrunk covariance always: what calibrated distances use. */
  private readonly regular: Gaussian;
  private readonly components = new Map<ComponentScale, Components>();

  constructor(statistics: PriorStatistics) {
    this.provenance = statistics.provenance;
    this.presetCount = statistics.presetCount;
    this.dimensions = statistics.dimensions;
    this.mean = statistics.mean;
    this.covariance = statistics.covariance;
    this.shrinkage = statistics.shrinkage;
    this.fill = statistics.fill;
    this.shaped = statistics.shaped;
    this.heldOut = statistics.heldOut;
    const d = this.dimensions.length;
    const covariance = this.covariance.map((value, at) =>
      Math.floor(at / d) === at % d ? value + stillness(this.mean[at % d]) : value,
    );
    this.regular = new Gaussian(this.mean, shrunk(covariance, d, Math.max(LEAST_SHRINKAGE, this.shrinkage)));
    const whole =
      this.presetCount > PRESETS_PER_DIMENSION * d ? gaussianOrNull(this.mean, this.covariance) : null;
    this.isShrunk = whole === null;
    this.gaussian = whole ?? this.regular;
  }

  get ids(): readonly string[] {
    return this.dimensions.map((index) => CHAIN_PARAMETERS[index].id);
  }

  /** Informative values of a raw vector. */
  informative(raw: ArrayLike<number>): Float64Array {
    return Float64Array.from(this.dimensions, (index) => raw[index]);
  }

  /** A raw vector of informative values; the others are as in `base`, or the presets' mean. */
  raw(informative: ArrayLike<number>, base?: ArrayLike<number>): Float64Array {
    return rawOf(this.dimensions, this.fill, informative, base);
  }

  /** Computed at the first call, then kept. */
  componentsIn(scale: ComponentScale): Components {
    const known = this.components.get(scale);
    if (known) return known;
    const found = componentsOf(this.mean, this.covariance, this.presetCount, scale);
    this.components.set(scale, found);
    return found;
  }

  /** Whether the copula describes unseen presets better than the Gaussian does; true where that is not known. */
  get prefersShaped(): boolean {
    if (!this.heldOut) return true;
    const { copula, gaussian, shrunkGaussian } = this.heldOut.likelihood;
    return copula >= (this.isShrunk || gaussian === null ? shrunkGaussian : gaussian);
  }

  score(raw: ArrayLike<number>): PriorScore {
    const x = this.informative(raw);
    const squared = this.gaussian.squaredDistance(x);
    return {
      logDensity: this.gaussian.logDensity(x),
      shapedLogDensity: this.shaped.logDensity(x),
      distance: Math.sqrt(squared),
      percentile: 100 * chiSquareCdf(squared, this.dimensions.length),
      heldOutPercentile: this.heldOut
        ? 100 * partBelow(this.heldOut.distances, this.regular.squaredDistance(x))
        : null,
    };
  }

  /** The parameters whose values are rarest among the presets, the rarest first. */
  unusual(raw: ArrayLike<number>, count: number): UnusualParameter[] {
    return Array.from(this.shaped.scoresOf(this.informative(raw)), (deviation, i) => ({
      id: this.ids[i],
      deviation,
    }))
      .sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation))
      .slice(0, count);
  }
}

export interface PriorScore {
  /** Of the Gaussian, in nats. */
  readonly logDensity: number;
  /** Of the copula, in nats. */
  readonly shapedLogDensity: number;
  /** Mahalanobis distance from the mean under the Gaussian. */
  readonly distance: number;
  /**
   * Share, in per cent, of a normal distribution that lies nearer to the middle: the chi-square distribution function of the
   * squared distance. Presets that the prior was not made from nearly always lie far out by this measure.
   */
  readonly percentile: number;
  /** Share, in per cent, of presets held out in cross-validation that lie nearer to the middle; null for tiny sets. */
  readonly heldOutPercentile: number | null;
}

export interface UnusualParameter {
  readonly id: string;
  /** Normal score: standard deviations from the usual value, below or above. */
  readonly deviation: number;
}

/** Part of unseen presets nearer than a distance, linear between the table's entries. */
function partBelow(distances: Float64Array, squared: number): number {
  const last = distances.length - 1;
  if (squared < distances[0]) return (DISTANCE_LEVELS[0] * squared) / distances[0];
  if (squared >= distances[last])
    return 1 - (1 - DISTANCE_LEVELS[last]) * Math.exp(1 - squared / distances[last]);
  let cell = 0;
  while (squared >= distances[cell + 1]) cell++;
  const part = (squared - distances[cell]) / (distances[cell + 1] - distances[cell]);
  return DISTANCE_LEVELS[cell] + part * (DISTANCE_LEVELS[cell + 1] - DISTANCE_LEVELS[cell]);
}

function gaussianOrNull(mean: Float64Array, covariance: Float64Array): Gaussian | null {
  try {
    return new Gaussian(mean, covariance);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export interface TrainOptions {
  readonly dimensions: readonly number[];
  readonly provenance: Provenance;
  /** Told how much is done, 0..1, after every part of a second or so. */
  readonly onProgress?: (fraction: number) => void;
}

/**
 * The prior of a set of raw vectors, each of 151 finite values. Throws UserError('bad-input') for fewer than three presets, or
 * presets that are all the same: none of the dimensions varies by more than what counts as still.
 */
export function trainPrior(raws: readonly Float64Array[], options: TrainOptions): PriorModel {
  const { dimensions, provenance, onProgress = () => undefined } = options;
  if (raws.length < LEAST_PRESETS)
    throw new UserError(
      'bad-input',
      `A prior needs ${LEAST_PRESETS} presets or more, but there ${raws.length === 1 ? 'is 1' : `are ${raws.length}`}.`,
    );
  const rows = informativeRows(raws, dimensions);
  const mean = meanOf(rows);
  const covariance = covarianceOf(rows, mean);
  // Not 0, because the mean of equal values need not be that value.
  if (mean.every((value, i) => covariance[i * dimensions.length + i] <= stillness(value)))
    throw new UserError(
      'bad-input',
      'All presets are the same, so there is nothing to learn from them; add some that differ.',
    );
  const validation =
    raws.length >= 2 * FOLDS
      ? crossValidate(rows, (part) => {
          onProgress(VALIDATION_PART * part);
        })
      : null;
  const shaped = shapedDensityOf(rows);
  onProgress(1);
  return new PriorModel({
    provenance,
    presetCount: raws.length,
    dimensions,
    mean,
    covariance,
    shrinkage: shrinkageOf(rows, mean, covariance),
    fill: fillOf(raws, dimensions),
    shaped,
    heldOut: validation && {
      likelihood: validation.likelihood,
      distances: Float64Array.from(DISTANCE_LEVELS, (level) =>
        quantileOf(validation.squaredDistances, level),
      ),
    },
  });
}

/** A raw vector of the values at `dimensions`; the others are as in `base`, or else in `fill`. */
export function rawOf(
  dimensions: readonly number[],
  fill: ReadonlyMap<number, number>,
  informative: ArrayLike<number>,
  base?: ArrayLike<number>,
): Float64Array {
  const raw = Float64Array.from(CHAIN_PARAMETERS, (_, index) => base?.[index] ?? fill.get(index) ?? 0);
  dimensions.forEach((index, i) => {
    raw[index] = informative[i];
  });
  return raw;
}

/** Means of the values that are not at `dimensions`, by position. */
export function fillOf(
  raws: readonly ArrayLike<number>[],
  dimensions: readonly number[],
): ReadonlyMap<number, number> {
  const left = CHAIN_PARAMETERS.map((_, index) => index).filter((index) => !dimensions.includes(index));
  return new Map(
    left.map((index) => [index, raws.reduce((sum, raw) => sum + raw[index] / raws.length, 0)] as const),
  );
}

/** The informative values of raw vectors as rows. */
export function informativeRows(raws: readonly ArrayLike<number>[], dimensions: readonly number[]): Rows {
  const data = new Float64Array(raws.length * dimensions.length);
  raws.forEach((raw, row) => {
    dimensions.forEach((index, i) => {
      data[row * dimensions.length + i] = raw[index];
    });
  });
  return { count: raws.length, dimensions: dimensions.length, data };
}

function quantileOf(sorted: Float64Array, level: number): number {
  const at = level * (sorted.length - 1);
  const below = Math.min(sorted.length - 2, Math.floor(at));
  return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}
