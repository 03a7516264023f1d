/** The figures of an analysis, each with the table of what it shows; the report is made of them, and each can go out alone. */
import type { Analysis, CorrelationKind } from './analysis.ts';
import { spaceOf } from './analysis.ts';
import { COMPONENT_SCALES, cumulative, explainedShares, type ComponentScale } from './components.ts';
import { effectCorrelations, type EffectCorrelation } from './correlation.ts';
import type { CsvLine } from './csv.ts';
import {
  componentCurves,
  CURVE_FREQUENCIES_HZ,
  CURVE_KINDS,
  CURVE_LEVELS_DB,
  type ComponentCurve,
} from './curves.ts';
import { EFFECT_GROUPS, type EffectGroup } from './dimensions.ts';
import type { NormalityTest } from './distribution.ts';
import { componentPlot, cumulativePlot, heatMap, histogramGrid, sideBySide } from './report-figures.ts';

export interface Figure {
  /** Of its files, without an ending. */
  readonly name: string;
  readonly svg: string;
  readonly table: readonly CsvLine[];
}

const KIND_TITLES: Readonly<Record<CorrelationKind, string>> = {
  spearman: 'Spearman correlations of all parameters',
  pearson: 'Pearson correlations of all parameters, from the covariance',
};

/** The heat map of all pairs; clustered, or in signal order. */
export function correlationFigure(
  { ids, correlations: { kind, rho, order, merges } }: Analysis,
  isClustered: boolean,
): Figure {
  const n = ids.length;
  return {
    name: isClustered ? `${kind}-clustered` : kind,
    svg: heatMap({
      title: `${KIND_TITLES[kind]}, ${isClustered ? 'clustered' : 'in signal order'}`,
      values: rho,
      labels: ids,
      order: isClustered ? order : ids.map((_, i) => i),
      ...(isClustered ? { merges } : {}),
      cellSize: 5,
    }),
    table: [['', ...ids], ...ids.map((id, i) => [id, ...rho.subarray(i * n, (i + 1) * n)])],
  };
}

export interface EffectMeans {
  readonly names: readonly EffectGroup[];
  /** Square; NaN where there is no pair. */
  readonly means: Float64Array;
  /** The largest mean, 0.2 at least: where shades end. */
  readonly full: number;
}

/** Means of |ρ| by effect, as a square. */
export function effectMeans(effects: readonly EffectCorrelation[]): EffectMeans {
  const names = EFFECT_GROUPS.map(({ name }) => name).filter((name) => effects.some(({ a }) => a === name));
  const means = new Float64Array(names.length ** 2).fill(NaN);
  for (const { a, b, meanAbsolute } of effects) {
    const [i, j] = [names.indexOf(a), names.indexOf(b)];
    means[i * names.length + j] = means[j * names.length + i] = meanAbsolute ?? NaN;
  }
  return { names, means, full: Math.max(0.2, ...means.filter((value) => !Number.isNaN(value))) };
}

export function effectFigure({ ids, correlations }: Analysis): Figure {
  const effects = effectCorrelations(correlations.rho, ids);
  const { names, means, full } = effectMeans(effects);
  return {
    name: 'effect-correlations',
    svg: heatMap({
      title: 'Mean absolute correlation between and within effects',
      values: means,
      labels: names,
      order: names.map((_, i) => i),
      full,
      isWritten: true,
      cellSize: 38,
    }),
    table: [
      ['a', 'b', 'mean_absolute_rho'],
      ...effects.map(({ a, b, meanAbsolute }) => [a, b, meanAbsolute]),
    ],
  };
}

/** Shares of the variance, by the name of a curve. */
export interface VarianceCurve {
  readonly label: string;
  readonly shares: Float64Array;
}

/** Of both scales; `more` are other curves, and the last ones that are drawn. */
export function varianceFigure({ components }: Analysis, more: readonly VarianceCurve[] = []): Figure {
  const curves: VarianceCurve[] = COMPONENT_SCALES.map((scale) => ({
    label: scale,
    shares: explainedShares(components[scale]),
  }));
  const sums = [...curves, ...more].map(({ label, shares }) => ({ label, shares: cumulative(shares) }));
  const drawn = more.length > 0 ? [sums[0], ...sums.slice(2)] : sums;
  return {
    name: 'cumulative-variance',
    svg: cumulativePlot('Cumulative variance over the number of components', drawn),
    table: [
      ['component', ...sums.map(({ label }) => label)],
      ...Array.from(sums[0].shares, (_, k) => [k + 1, ...sums.map(({ shares }) => shares[k])]),
    ],
  };
}

/** Component k (from 0): the mean and the settings `deviations` to both sides of it, in all four kinds of curve. */
export function componentFigure(
  analysis: Analysis,
  scale: ComponentScale,
  k: number,
  deviations: number,
): Figure {
  const curves = componentCurves(spaceOf(analysis), scale, k, [-deviations, 0, deviations]);
  const name = `component ${k + 1}`;
  return {
    name: `component-${scale}-${k + 1}`,
    svg: sideBySide(
      `Settings ${deviations} standard deviations along ${name} (${scale}), to both sides of the mean`,
      CURVE_KINDS.map((kind) => componentPlot(name, kind, curves)),
      2,
    ),
    table: [
      ['curve', 'frequency_hz_or_level_db', ...curves.map(({ deviations: at }) => `${at} sd`)],
      ...CURVE_KINDS.flatMap((kind) => curveLines(kind, curves)),
    ],
  };
}

function curveLines(kind: (typeof CURVE_KINDS)[number], curves: readonly ComponentCurve[]): CsvLine[] {
  const xs = kind === 'compression' ? CURVE_LEVELS_DB : CURVE_FREQUENCIES_HZ;
  const cell = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return Array.from(xs, (x, i) => [kind, x, ...curves.map(({ curves: of }) => cell(of[kind][i]))]);
}

export function histogramFigure({ ids, histograms }: Analysis): Figure {
  return {
    name: 'histograms',
    svg: histogramGrid(
      'Histograms of all parameters',
      histograms.map((histogram, i) => ({ label: ids[i], histogram })),
    ),
    table: [
      ['id', 'from', 'to', 'count'],
      ...histograms.flatMap(({ from, to, counts }, i) =>
        counts.map((count, bin) => [
          ids[i],
          from + ((to - from) * bin) / counts.length,
          from + ((to - from) * (bin + 1)) / counts.length,
          count,
        ]),
      ),
    ],
  };
}

/** Moments of every parameter, and the test of normality where there is one. */
export function parameterTable({ ids, mean, covariance, tests }: Analysis): CsvLine[] {
  return [
    ['id', 'mean', 'standard_deviation', 'skewness', 'kurtosis', 'k_squared', 'p'],
    ...ids.map((id, i) => [
      id,
      mean[i],
      Math.sqrt(covariance[i * ids.length + i]),
      ...testCells(tests?.parameters[i]),
    ]),
  ];
}

export const testCells = (test: NormalityTest | null | undefined): (number | null)[] =>
  test ? [test.skewness, test.kurtosis, test.kSquared, test.p] : [null, null, null, null];
