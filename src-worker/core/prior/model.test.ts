import { beforeAll, describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { Random } from '../optimise/random.ts';
import { rawToPhysical } from '../parameter.ts';
import { formatNpy } from '../preset/npy.ts';
import { componentCurves } from './curves.ts';
import { dimensionsOfMask, INFORMATIVE_DIMENSIONS } from './dimensions.ts';
import { componentLabels, labelOfChange } from './labels.ts';
import { trainPrior, type PriorModel } from './model.ts';
import { formatPrior, parsePrior } from './prior-file.ts';
import { readPublishedRows } from '../preset/published-rows.ts';
import { readRowIndex } from './preset-set.ts';
import { priorReport } from './report.ts';
import { samplePrior, SAMPLERS } from './sampling.ts';

const PROVENANCE = { name: 'Tests', source: 'made up', licence: 'MIT', date: '2025-01-01' };
const KEPT = [0, 1, 2, 14, 15, 16, 24, 25, 26, 150];

/** Presets around the neutral one; raw value 25 follows 24. */
function somePresets(count: number, seed = 1): Float64Array[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const raw = neutralRaw().map((value) => value + random.signed() + random.signed());
    raw[25] = raw[24] * 0.9 + 0.1 * random.signed();
    return raw;
  });
}

const train = (count: number, dimensions: readonly number[] = KEPT): PriorModel =>
  trainPrior(somePresets(count), { dimensions, provenance: PROVENANCE });
const failure = (act: () => unknown): UserError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('It was accepted.');
};
const edited = (text: string, change: (document: Record<string, unknown>) => void): string => {
  const document = JSON.parse(text) as Record<string, unknown>;
  change(document);
  return JSON.stringify(document);
};

describe('a prior', () => {
  let model: PriorModel;
  beforeAll(() => {
    model = train(60);
  });

  it('calls the middle usual and the far end unusual, and names what is', () => {
    const middle = model.raw(model.mean);
    const odd = middle.slice();
    odd[150] += 9;
    const scores = [model.score(middle), model.score(odd)];
    expect(scores[0].percentile).toBeLessThan(1);
    expect(scores[0].heldOutPercentile).toBeLessThan(1);
    expect(scores[1].percentile).toBeGreaterThan(99);
    expect(scores[1].heldOutPercentile).toBeGreaterThan(98);
    expect(scores[1].logDensity).toBeLessThan(scores[0].logDensity);
    expect(scores[1].shapedLogDensity).toBeLessThan(scores[0].shapedLogDensity);
    const [first] = model.unusual(odd, 3);
    expect(first.id).toBe('pan');
    expect(first.deviation).toBeGreaterThan(3);
  });

  it('of presets that it has not seen, finds half nearer than the usual one', () => {
    const percentiles = somePresets(200, 99).map((raw) => model.score(raw).heldOutPercentile!);
    const above = percentiles.filter((percentile) => percentile > 50).length;
    expect(above / 200).toBeGreaterThan(0.3);
    expect(above / 200).toBeLessThan(0.7);
  });

  it('comes back from its file, sample by sample', () => {
    const read = parsePrior(formatPrior(model));
    expect(read.provenance).toEqual(PROVENANCE);
    expect(read.heldOut!.likelihood).toEqual(model.heldOut!.likelihood);
    for (const sampler of SAMPLERS) {
      const [a, b] = [model, read].map((of) => samplePrior(of, 3, { seed: 4, temperature: 1, sampler }));
      a.forEach((raw, i) => {
        raw.forEach((value, index) => {
          expect(b[i][index]).toBeCloseTo(value, 4);
        });
      });
    }
  });

  it('holds none of its presets in its file', () => {
    const text = formatPrior(model);
    const document = JSON.parse(text) as { mean: string; covariance: string; marginals: string };
    const numbers = [document.mean, document.covariance, document.marginals].flatMap((part) =>
      Array.from(new Float64Array(Uint8Array.from(atob(part), (c) => c.charCodeAt(0)).buffer)),
    );
    const known = new Set(numbers.map((value) => value.toFixed(9)));
    for (const raw of somePresets(60))
      for (const index of KEPT) expect(known.has(raw[index].toFixed(9))).toBe(false);
  });

  it.each([
    ['nothing', () => '', /^“p” is not valid JSON/],
    ['other JSON', () => '[]', /not a Voxfit prior/],
    ['a preset', () => '{"format":"voxfit-preset","version":1}', /“format” is not “voxfit-prior”/],
    ['a newer prior', (text: string) => edited(text, (d) => (d['version'] = 2)), /newer Voxfit.*version 2/],
    [
      'no mean',
      (text: string) =>
        edited(text, (d) => {
          delete d['mean'];
        }),
      /broken prior: “mean”/,
    ],
    ['a short mean', (text: string) => edited(text, (d) => (d['mean'] = 'AAAA')), /“mean” does not hold 10/],
    [
      'an unknown parameter',
      (text: string) => edited(text, (d) => ((d['dimensions'] as string[])[3] = 'comp.magic')),
      /comp\.magic/,
    ],
    [
      'parameters out of order',
      (text: string) => edited(text, (d) => (d['dimensions'] as string[]).reverse()),
      /order of the chain/,
    ],
    [
      'a falling marginal',
      (text: string) => edited(text, (d) => (d['marginals'] = btoa('\0'.repeat(8 * 17 * KEPT.length)))),
      /rising numbers/,
    ],
    ['too few presets', (text: string) => edited(text, (d) => (d['presets'] = 1)), /“presets”/],
  ])('refuses %s in one sentence', (_, make, sentence) => {
    const { code, message } = failure(() => parsePrior(make(formatPrior(model)), '“p”'));
    expect(code).toBe('bad-input');
    expect(message).toMatch(sentence);
    expect(message).toMatch(/^[^\n]*\.$/);
  });
});

describe.each(SAMPLERS)('%s samples', (sampler) => {
  it('repeat with their seed, differ with another, and gather in the middle as it gets colder', () => {
    const model = train(40);
    const options = { seed: 3, temperature: 1, sampler };
    const samples = samplePrior(model, 20, options);
    expect(samplePrior(model, 20, options)).toEqual(samples);
    expect(samplePrior(model, 2, options)).toEqual(samples.slice(0, 2));
    expect(samplePrior(model, 1, { ...options, seed: 4 })).not.toEqual(samples.slice(0, 1));
    const middle = samplePrior(model, 2, { ...options, temperature: 0 });
    expect(middle[0]).toEqual(middle[1]);
    const spread = (temperature: number): number =>
      Math.max(
        ...samplePrior(model, 30, { ...options, temperature }).map((raw) =>
          Math.abs(raw[150] - middle[0][150]),
        ),
      );
    expect(spread(0.2)).toBeLessThan(0.5 * spread(1));
    expect(spread(2)).toBeGreaterThan(1.3 * spread(1));
  });

  it('keep locked values to the bit, and follow them', () => {
    const model = train(60);
    const delays = [-1.3, 1.3].map((delay) => {
      const locked = new Map([
        [24, delay],
        [104, 7.5],
      ]);
      const samples = samplePrior(model, 50, { seed: 1, temperature: 1, sampler, locked });
      for (const raw of samples) expect([raw[24], raw[104]]).toEqual([delay, 7.5]);
      return samples.reduce((sum, raw) => sum + raw[25] / samples.length, 0);
    });
    expect(delays[1] - delays[0]).toBeGreaterThan(1.2);
  });

  it('stay within what controls offer, however hot', () => {
    const model = train(30, INFORMATIVE_DIMENSIONS);
    for (const raw of samplePrior(model, 40, { seed: 2, temperature: 5, sampler }))
      CHAIN_PARAMETERS.forEach((parameter, index) => {
        const physical = rawToPhysical(parameter, raw[index]);
        expect(physical).toBeGreaterThanOrEqual(parameter.min - 1e-6);
        expect(physical).toBeLessThanOrEqual(parameter.max * (1 + 1e-6) + 1e-6);
      });
  });
});

describe('small sets', () => {
  it('of 3 presets work and say that they are shrunk', () => {
    const model = train(3, INFORMATIVE_DIMENSIONS);
    expect([model.isShrunk, model.heldOut, model.componentsIn('plain').rank]).toEqual([true, null, 2]);
    expect(model.shrinkage).toBeGreaterThan(0.3);
    const score = model.score(somePresets(1, 50)[0]);
    expect([score.logDensity, score.shapedLogDensity, score.distance].every(Number.isFinite)).toBe(true);
    expect(score.heldOutPercentile).toBeNull();
    expect(
      samplePrior(model, 2, { seed: 1, temperature: 1, sampler: 'shaped' })[1].every(Number.isFinite),
    ).toBe(true);
    expect(parsePrior(formatPrior(model)).isShrunk).toBe(true);
  });

  it('with a parameter that never changes work too', () => {
    const presets = somePresets(40);
    for (const raw of presets) raw[150] = 0.25;
    const model = trainPrior(presets, { dimensions: KEPT, provenance: PROVENANCE });
    for (const sampler of SAMPLERS)
      for (const raw of samplePrior(model, 5, { seed: 1, temperature: 1, sampler }))
        expect(raw[150]).toBeCloseTo(0.25, 4);
    expect(Number.isFinite(model.score(presets[0]).logDensity)).toBe(true);
    expect(Number.isFinite(model.heldOut!.likelihood.copula)).toBe(true);
  });

  it.each([1e-3, 1e-6, 1e-8, 1e-12, 1e-16])('with parameters that hardly change, by %f, work too', (by) => {
    for (const count of [3, 12, 60])
      for (const centre of [0, 1, -37]) {
        const presets = somePresets(count);
        presets.forEach((raw, i) => {
          raw[150] = centre + by * Math.sin(7 * i);
          // All but one agree.
          raw[16] = centre + (i === 1 ? by : 0);
        });
        const model = trainPrior(presets, { dimensions: KEPT, provenance: PROVENANCE });
        const { logDensity, shapedLogDensity, distance } = model.score(somePresets(1, 50)[0]);
        const { copula, mixture, shrunkGaussian } = model.heldOut?.likelihood ?? {};
        for (const value of [logDensity, shapedLogDensity, distance, copula, mixture, shrunkGaussian])
          expect(Number.isFinite(value ?? 0)).toBe(true);
        for (const sampler of SAMPLERS)
          for (const raw of samplePrior(model, 3, { seed: 1, temperature: 1, sampler })) {
            expect(raw.every(Number.isFinite)).toBe(true);
            expect(Math.abs(raw[150] - centre)).toBeLessThan(4 * by + 1e-5 * (1 + Math.abs(centre)));
          }
        expect(parsePrior(formatPrior(model)).presetCount).toBe(count);
      }
  });

  it('of 2 presets, or of the same one, are refused', () => {
    expect(failure(() => train(2)).message).toMatch(/3 presets or more.*are 2\.$/);
    for (const count of [3, 7, 60])
      for (const one of [neutralRaw(), ...somePresets(3)]) {
        const same = Array.from({ length: count }, () => one.slice());
        const { code, message } = failure(() =>
          trainPrior(same, { dimensions: KEPT, provenance: PROVENANCE }),
        );
        expect([code, message]).toEqual([
          'bad-input',
          expect.stringMatching(/^All presets are the same.*\.$/),
        ]);
      }
    // What is not heard does not make presets differ.
    const [a, b] = [neutralRaw(), neutralRaw().with(151 - 3, 5)];
    expect(failure(() => trainPrior([a, b, a], { dimensions: [0], provenance: PROVENANCE })).message).toMatch(
      /the same/,
    );
  });

  it('of two different presets, one of them twice, work', () => {
    const [a, b] = somePresets(2);
    const model = trainPrior([a, b, a], { dimensions: KEPT, provenance: PROVENANCE });
    expect(model.componentsIn('plain').rank).toBe(1);
    expect(Number.isFinite(model.score(b).shapedLogDensity)).toBe(true);
  });

  it('tell how much is done, from a fold to the whole', () => {
    const told = (count: number): number[] => {
      const fractions: number[] = [];
      trainPrior(somePresets(count), {
        ...{ dimensions: KEPT, provenance: PROVENANCE },
        onProgress: (fraction) => fractions.push(fraction),
      });
      return fractions;
    };
    const fractions = told(40);
    expect(fractions).toHaveLength(11);
    expect(fractions.at(-1)).toBe(1);
    for (const [i, fraction] of fractions.entries()) expect(fraction).toBeGreaterThan(fractions[i - 1] ?? 0);
    expect(told(4)).toEqual([1]);
  });
});

describe('labels', () => {
  const changed = (changes: Readonly<Record<string, number>>): Float64Array => {
    const raw = neutralRaw();
    raw[parameterIndex('fdn.output.left.0')] = 0.4;
    raw[parameterIndex('fdn.output.right.1')] = 0.4;
    for (const [prefix, by] of Object.entries(changes))
      CHAIN_PARAMETERS.forEach(({ id }, index) => {
        if (id === prefix || id.startsWith(`${prefix}.`)) raw[index] += by;
      });
    return raw;
  };

  it.each([
    [{ 'fdn.hs.gain': -9, 'fdn.decay': 0.9 }, /longer, darker reverb|louder, longer, darker reverb/],
    [{ 'eq.hs.gain': 6 }, /^brighter voice$|^brighter, more present voice$/],
    [{ 'eq.ls.gain': -9, 'eq.hp.freq': 0.8 }, /thinner voice/],
    [{ 'delay.gain': 2, 'delay.lp.freq': -3 }, /(louder|darker).* echoes/],
    [{ 'comp.threshold': -14 }, /firmer compression/],
    [{ pan: 2 }, /right-hand voice/],
  ])('of %o', (changes, words) => {
    const { more, less } = labelOfChange(changed({}), changed(changes));
    expect(more).toMatch(words);
    const back = labelOfChange(changed(changes), changed({}));
    expect(back).toEqual({ more: less, less: more });
  });

  it('say so when nothing is heard', () => {
    expect(labelOfChange(changed({}), changed({ 'fdn.mixing.4.1': 3 })).more).toMatch(/hardly/);
  });

  it('come for as many components as there are', () => {
    const model = train(4, INFORMATIVE_DIMENSIONS);
    expect(componentLabels(model, 'plain', 8)).toHaveLength(3);
    const [minus, mean, plus] = componentCurves(model, 'standardised', 0, [-2, 0, 2]);
    expect(minus.curves.eq).not.toEqual(plus.curves.eq);
    expect(mean.curves.eq.every(Number.isFinite)).toBe(true);
  });
});

describe('published arrays', () => {
  const rows = Float32Array.from({ length: 3 * 151 }, (_, i) => Math.sin(i));

  it('are read row by row, and picked by number', () => {
    const read = readPublishedRows(formatNpy([3, 151], rows), 'x');
    expect(read.map((raw) => raw[150])).toEqual([rows[150], rows[301], rows[452]]);
    expect(failure(() => readPublishedRows(formatNpy([151, 3], rows), '“x”')).message).toMatch(/\(151, 3\)/);
    const broken = rows.slice();
    broken[160] = NaN;
    expect(failure(() => readPublishedRows(formatNpy([3, 151], broken), '“x”')).message).toMatch(
      /NaN in row 1, column 9 \(eq\.hs\.freq\)/,
    );
    expect(failure(() => readRowIndex(formatNpy([2], new Float64Array(2)), 3, '“i”')).message).toMatch(
      /list of integers/,
    );
  });

  it('have masks of 151 entries', () => {
    const mask = new Uint8Array(151);
    expect(failure(() => dimensionsOfMask(mask, '“m”')).message).toMatch(/none/);
    mask[3] = 1;
    expect(dimensionsOfMask(mask, '“m”')).toEqual([3]);
    expect(failure(() => dimensionsOfMask(mask.slice(1), '“m”')).message).toMatch(/150 entries/);
  });
});

describe('the report', () => {
  it('is a page, its figures and its tables', () => {
    const raws = somePresets(30);
    const model = trainPrior(raws, { dimensions: KEPT, provenance: { ...PROVENANCE, name: 'A <b> & c' } });
    const other = somePresets(12, 9);
    const files = priorReport({
      model,
      raws,
      compared: { raws: other, model: trainPrior(other, { dimensions: KEPT, provenance: PROVENANCE }) },
    });
    const page = files.get('report.html')!;
    expect(page).toContain('A &lt;b&gt; &amp; c');
    for (const [name, text] of files) {
      expect(text, name).not.toMatch(/NaN|Infinity|undefined/);
      if (name.endsWith('.svg')) expect(text).toMatch(/^<\?xml[^]*<svg[^]*<\/svg>\n$/);
    }
    const table = (name: string): string[][] =>
      files
        .get(name)!
        .trimEnd()
        .split('\n')
        .map((line) => line.split(','));
    expect(table('spearman.csv')).toHaveLength(KEPT.length + 1);
    const [head, ...pairs] = table('largest-correlations.csv');
    expect(head).toEqual(['a', 'b', 'rho', 'rho in Tests']);
    expect(pairs[0].slice(0, 2)).toEqual(['delay.time', 'delay.feedback']);
    expect(Number(pairs[0][2])).toBeGreaterThan(0.9);
    expect(Number(table('cumulative-variance.csv').at(-1)![1])).toBeCloseTo(1, 9);
    const counted = table('histograms.csv').filter(([id]) => id === 'pan');
    expect(counted.reduce((sum, row) => sum + Number(row[3]), 0)).toBe(30);
  });
});
