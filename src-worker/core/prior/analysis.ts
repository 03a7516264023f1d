/**
 * What a set of presets, or a prior, looks like: moments, correlations with their clustering, components, histograms, tests
 * of normality. Plain data, so that it can be computed on one thread and shown on another.
 *
 * A prior holds no presets. Its correlations are Pearson's, of its covariance; its histograms are what its marginals expect
 * of as many presets; nothing can be tested.
 */
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';
import { correlationDistances, dendrogramOrder, wardClustering, type Merge } from './clustering.ts';
import {
  COMPONENT_SCALES,
  componentsOf,
  weightsOf,
  type Components,
  type ComponentScale,
  type ComponentSpace,
} from './components.ts';
import { spearmanOf } from './correlation.ts';
import { histogramOf, normalityOf, type Histogram, type NormalityTest } from './distribution.ts';
import { MARGINAL_Z, type Marginal } from './marginal.ts';
import { fillOf, informativeRows, LEAST_PRESETS, rawOf, type PriorModel } from './model.ts';
import { column, correlationOf, covarianceOf, meanOf, rowOf, type Rows } from './moments.ts';
import { normalCdf } from './normal.ts';

export const HISTOGRAM_BINS = 20;

export type CorrelationKind = 'spearman' | 'pearson';

export interface Correlations {
  readonly kind: CorrelationKind;
  /** d×d. */
  readonly rho: Float64Array;
  /** Ward's, of 1 − |ρ|. */
  readonly merges: readonly Merge[];
  /** Dimensions as the dendrogram has them from left to right. */
  readonly order: readonly number[];
}

export type Tests = readonly (NormalityTest | null)[];

export interface Analysis {
  readonly source: 'presets' | 'prior';
  readonly name: string;
  readonly presetCount: number;
  /** Positions in a raw vector of the d values that the analysis is about, ascending. */
  readonly dimensions: readonly number[];
  readonly ids: readonly string[];
  /** Means of the other values, by position. */
  readonly fill: ReadonlyMap<number, number>;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly correlations: Correlations;
  readonly components: Readonly<Record<ComponentScale, Components>>;
  /** Of raw values, one a dimension. */
  readonly histograms: readonly Histogram[];
  /** One a dimension, and one a component that varies; null without presets. */
  readonly tests: {
    readonly parameters: Tests;
    readonly weights: Readonly<Record<ComponentScale, Tests>>;
  } | null;
}

export interface AnalysisOptions {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** 0..1, now and then. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Why raw vectors cannot be analysed: too few, or all the same; null where they can. */
export type Obstacle = 'none' | 'one' | 'two' | 'same';

/** What stands in the way of analysing these raw vectors on those dimensions; null when nothing does. */
export function obstacleTo(
  raws: readonly ArrayLike<number>[],
  dimensions: readonly number[],
): Obstacle | null {
  const [first] = raws;
  if (!first) return 'none';
  if (raws.length < LEAST_PRESETS) return raws.length === 1 ? 'one' : 'two';
  return raws.every((raw) => dimensions.every((index) => raw[index] === first[index])) ? 'same' : null;
}

/** Of raw vectors of 151 finite values each. Throws a RangeError where {@link obstacleTo} names an obstacle. */
export function analysePresets(
  raws: readonly ArrayLike<number>[],
  { name, dimensions, onProgress = () => undefined }: AnalysisOptions,
): Analysis {
  const obstacle = obstacleTo(raws, dimensions);
  if (obstacle !== null)
    throw new RangeError(`${raws.length} presets cannot be analysed (obstacle: ${obstacle}).`);
  const rows = informativeRows(raws, dimensions);
  const mean = meanOf(rows);
  const covariance = covarianceOf(rows, mean);
  onProgress(0.15);
  const correlations = clustered('spearman', spearmanOf(rows), dimensions.length);
  onProgress(0.4);
  const components = bothScales((scale) => componentsOf(mean, covariance, raws.length, scale));
  onProgress(0.5);
  const columns = dimensions.map((_, i) => column(rows, i));
  const histograms = columns.map((values) => histogramOf(values, HISTOGRAM_BINS));
  const parameters = columns.map(normalityOf);
  onProgress(0.6);
  const weights = bothScales((scale) => {
    const tests = weightTests(components[scale], rows);
    onProgress(scale === 'plain' ? 0.8 : 1);
    return tests;
  });
  return {
    source: 'presets',
    name,
    presetCount: raws.length,
    dimensions,
    ids: idsOf(dimensions),
    fill: fillOf(raws, dimensions),
    mean,
    covariance,
    correlations,
    components,
    histograms,
    tests: { parameters, weights },
  };
}

export type PriorSummary = Pick<PriorModel, 'presetCount' | 'dimensions' | 'fill' | 'mean' | 'covariance'> & {
  readonly name: string;
  /** Their tables; see marginal.ts. */
  readonly marginals: readonly Marginal[];
};

export function analysePrior({ marginals, ...prior }: PriorSummary): Analysis {
  const { presetCount, dimensions, mean, covariance } = prior;
  return {
    source: 'prior',
    ...prior,
    ids: idsOf(dimensions),
    correlations: clustered('pearson', correlationOf(covariance, dimensions.length), dimensions.length),
    components: bothScales((scale) => componentsOf(mean, covariance, presetCount, scale)),
    histograms: marginals.map((marginal) => expectedHistogram(marginal, presetCount)),
    tests: null,
  };
}

/** The components of an analysis, and settings of them. */
export function spaceOf({ components, dimensions, fill }: Analysis): ComponentSpace {
  return {
    componentsIn: (scale) => components[scale],
    raw: (informative) => rawOf(dimensions, fill, informative),
  };
}

/** How many of the tests find p below `limit`, and how many there are. */
export function tallyOf(tests: Tests, limit: number): { readonly below: number; readonly of: number } {
  const valid = tests.filter((test) => test !== null);
  return { below: valid.filter(({ p }) => p < limit).length, of: valid.length };
}

export const SIGNIFICANT = 0.05;

/** The limit of each of some tests that keeps the risk of any false finding at 5 % (Bonferroni). */
export const correctedLimit = (tests: Tests): number =>
  SIGNIFICANT / Math.max(1, tests.filter((test) => test !== null).length);

const idsOf = (dimensions: readonly number[]): string[] =>
  dimensions.map((index) => CHAIN_PARAMETERS[index].id);

function bothScales<T>(of: (scale: ComponentScale) => T): Record<ComponentScale, T> {
  return Object.fromEntries(COMPONENT_SCALES.map((scale) => [scale, of(scale)])) as Record<ComponentScale, T>;
}

function clustered(kind: CorrelationKind, rho: Float64Array, n: number): Correlations {
  const merges = wardClustering(correlationDistances(rho), n);
  return { kind, rho, merges, order: dendrogramOrder(merges, n) };
}

/** Of each component's weights over the presets. */
function weightTests(components: Components, rows: Rows): (NormalityTest | null)[] {
  const weights = Array.from({ length: components.rank }, () => new Float64Array(rows.count));
  for (let row = 0; row < rows.count; row++) {
    const of = weightsOf(components, rowOf(rows, row));
    weights.forEach((values, k) => {
      values[row] = of[k];
    });
  }
  return weights.map(normalityOf);
}

/** How many of `count` presets a marginal expects in each bin, from the first to the last value of its table. */
function expectedHistogram(marginal: Marginal, count: number): Histogram {
  const from = marginal.valueAt(MARGINAL_Z[0]);
  const to = marginal.valueAt(MARGINAL_Z[MARGINAL_Z.length - 1]);
  const below = Array.from({ length: HISTOGRAM_BINS + 1 }, (_, bin) =>
    normalCdf(marginal.scoreOf(from + ((to - from) * bin) / HISTOGRAM_BINS).z),
  );
  return { from, to, counts: below.slice(1).map((part, bin) => count * (part - below[bin])) };
}
