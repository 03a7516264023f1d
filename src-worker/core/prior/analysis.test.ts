import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { neutralRaw, PARAMETER_COUNT } from '../chain/parameters.ts';
import { readPublishedRows } from '../preset/published-rows.ts';
import { Random } from '../optimise/random.ts';
import { analysePresets, analysePrior, correctedLimit, obstacleTo, spaceOf, tallyOf } from './analysis.ts';
import { componentFigure, correlationFigure, histogramFigure, varianceFigure } from './analysis-figures.ts';
import { componentsNeeded, explainedShares } from './components.ts';
import { componentCurves } from './curves.ts';
import { INFORMATIVE_DIMENSIONS } from './dimensions.ts';
import { histogramOf } from './distribution.ts';
import { largestCorrelations } from './correlation.ts';
import { trainPrior } from './model.ts';
import { sizeOf } from './report-figures.ts';

const PROVENANCE = { name: 'test', source: 'test', licence: 'MIT', date: '2025-01-01' };
const DIMENSIONS = INFORMATIVE_DIMENSIONS;
const OPTIONS = { name: 'Some', dimensions: DIMENSIONS };

/** Settings around the neutral one; the first two parameters move together. */
function somePresets(count: number, seed = 1): Float64Array[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const raw = neutralRaw().map((value) => value + random.signed() + random.signed());
    raw[1] = raw[0] * 2 + 0.01 * random.signed();
    return raw;
  });
}

describe('an analysis of presets', () => {
  it('says what stands in its way', () => {
    const [first, second, third] = somePresets(3);
    expect(obstacleTo([], DIMENSIONS)).toBe('none');
    expect(obstacleTo([first], DIMENSIONS)).toBe('one');
    expect(obstacleTo([first, second], DIMENSIONS)).toBe('two');
    expect(obstacleTo([first, first, first], DIMENSIONS)).toBe('same');
    expect(obstacleTo([first, second, third], DIMENSIONS)).toBeNull();
    // Different only where nothing is heard of it.
    const unheard = first.map((value, i) => (DIMENSIONS.includes(i) ? value : value + 1));
    expect(obstacleTo([first, unheard, first], DIMENSIONS)).toBe('same');
    expect(() => analysePresets([first], OPTIONS)).toThrow(RangeError);
  });

  it('has the same statistics as the prior made of them', () => {
    const raws = somePresets(30);
    const analysis = analysePresets(raws, OPTIONS);
    const model = trainPrior(raws, { dimensions: DIMENSIONS, provenance: PROVENANCE });
    expect(analysis.mean).toEqual(model.mean);
    expect(analysis.covariance).toEqual(model.covariance);
    expect(analysis.ids).toEqual(model.ids);
    for (const scale of ['plain', 'standardised'] as const) {
      expect(analysis.components[scale]).toEqual(model.componentsIn(scale));
      expect(componentCurves(spaceOf(analysis), scale, 1, [-2, 0, 2])).toEqual(
        componentCurves(model, scale, 1, [-2, 0, 2]),
      );
    }
  });

  it('orders, counts and tests every parameter', () => {
    const raws = somePresets(40);
    const fractions: number[] = [];
    const { correlations, histograms, tests, components } = analysePresets(raws, {
      ...OPTIONS,
      onProgress: (fraction) => fractions.push(fraction),
    });
    const d = DIMENSIONS.length;
    expect(correlations.kind).toBe('spearman');
    expect(correlations.rho[1]).toBeGreaterThan(0.95);
    expect([...correlations.order].sort((a, b) => a - b)).toEqual(Array.from({ length: d }, (_, i) => i));
    expect(correlations.merges).toHaveLength(d - 1);
    // Those that move together are joined first, and stand side by side.
    expect(Math.abs(correlations.order.indexOf(0) - correlations.order.indexOf(1))).toBe(1);
    expect(histograms).toHaveLength(d);
    for (const { counts } of histograms) expect(counts.reduce((sum, n) => sum + n)).toBe(40);
    expect(tests!.parameters).toHaveLength(d);
    expect(tests!.weights.plain).toHaveLength(components.plain.rank);
    expect(components.plain.rank).toBe(39);
    expect(tallyOf(tests!.parameters, 1.01)).toEqual({ below: d, of: d });
    expect(correctedLimit(tests!.parameters)).toBeCloseTo(0.05 / d, 12);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  it('tests nothing with fewer than twenty presets', () => {
    const { tests } = analysePresets(somePresets(19), OPTIONS);
    expect(tests!.parameters.every((test) => test === null)).toBe(true);
    expect(tallyOf(tests!.parameters, 0.05)).toEqual({ below: 0, of: 0 });
  });
});

describe('an analysis of a prior', () => {
  const raws = somePresets(60);
  const model = trainPrior(raws, { dimensions: DIMENSIONS, provenance: PROVENANCE });
  const analysis = analysePrior({
    name: 'A prior',
    presetCount: model.presetCount,
    dimensions: model.dimensions,
    fill: model.fill,
    mean: model.mean,
    covariance: model.covariance,
    marginals: model.shaped.marginals,
  });

  it('says what its statistics say, and tests nothing', () => {
    expect(analysis.source).toBe('prior');
    expect(analysis.correlations.kind).toBe('pearson');
    expect(analysis.correlations.rho[1]).toBeGreaterThan(0.99);
    expect(analysis.tests).toBeNull();
    expect(analysis.components.plain).toEqual(model.componentsIn('plain'));
  });

  it('expects histograms like those of its presets', () => {
    const values = raws.map((raw) => raw[0]);
    const { from, to, counts } = analysis.histograms[0];
    const all = counts.reduce((sum, count) => sum + count);
    // The table ends at 2.4 standard deviations: 98.4 % of all.
    expect(all / 60).toBeCloseTo(0.984, 3);
    const real = histogramOf(values, 4);
    expect(from).toBeLessThan(real.from);
    expect(to).toBeGreaterThan(real.to);
    const middle = counts.slice(5, 15).reduce((sum, count) => sum + count);
    const inside = values.filter((x) => x >= from + (to - from) / 4 && x < to - (to - from) / 4).length;
    expect(Math.abs(middle - inside)).toBeLessThan(6);
  });
});

describe('figures', () => {
  const analysis = analysePresets(somePresets(30), OPTIONS);
  const d = DIMENSIONS.length;

  it('have the table of what they show', () => {
    const clustered = correlationFigure(analysis, true);
    expect(clustered.name).toBe('spearman-clustered');
    expect(clustered.svg).toContain('class="tree"');
    expect(correlationFigure(analysis, false).svg).not.toContain('class="tree"');
    expect(clustered.table).toHaveLength(d + 1);
    expect(clustered.table[1][2]).toBe(analysis.correlations.rho[1]);
    expect(varianceFigure(analysis).table.at(-1)![1]).toBeCloseTo(1, 9);
    expect(histogramFigure(analysis).table).toHaveLength(1 + 20 * d);
  });

  it('of a component are four pictures in one', () => {
    const { svg, table, name } = componentFigure(analysis, 'standardised', 2, 1.5);
    expect(name).toBe('component-standardised-3');
    expect(svg.match(/<svg /g)).toHaveLength(9);
    expect(sizeOf(svg)).toEqual({ width: 760, height: 360 });
    expect(table[0]).toEqual(['curve', 'frequency_hz_or_level_db', '-1.5 sd', '0 sd', '1.5 sd']);
    const [mean] = componentCurves(spaceOf(analysis), 'standardised', 2, [0]);
    expect(table.find(([kind, x]) => kind === 'eq' && x === 20)![3]).toBe(mean.curves.eq[0]);
    const lines = svg.match(/<path class="(mean|curve|second)"/g)!;
    expect(lines).toHaveLength(12);
  });
});

describeWithShared('the analysis of the published presets', () => {
  it('is the published one', () => {
    const raws = readPublishedRows(readFileSync(sharedPath('diffvox-presets/medleydb/raw_params.npy')), 'm');
    const { components, correlations, ids } = analysePresets(raws, OPTIONS);
    const share = componentsNeeded(explainedShares(components.plain), 0.99) / components.plain.rank;
    expect(Number((100 * share).toFixed(2))).toBe(65.22);
    const [largest] = largestCorrelations(correlations.rho, ids, 1);
    expect(Math.abs(largest.rho)).toBeGreaterThan(0.5);
    expect(raws[0]).toHaveLength(PARAMETER_COUNT);
  });
});
