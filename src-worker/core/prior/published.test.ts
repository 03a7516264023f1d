/** The numbers of the published analysis (DiffVox, Yu et al., DAFx 2025), from the published presets. */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { soundOf } from '../../host/cli/prior-check.ts';
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';
import { rawToPhysical } from '../parameter.ts';
import { parseNpy } from '../preset/npy.ts';
import { componentsNeeded, explainedShares, sharesOnOthers } from './components.ts';
import { effectCorrelations, largestCorrelations, spearmanOf } from './correlation.ts';
import { dimensionsOfMask, INFORMATIVE_DIMENSIONS } from './dimensions.ts';
import { informativeRows, trainPrior, type PriorModel } from './model.ts';
import { formatPrior, parsePrior } from './prior-file.ts';
import { readPublishedRows } from '../preset/published-rows.ts';
import { readMask, readRowIndex } from './preset-set.ts';
import { samplePrior } from './sampling.ts';
import { covarianceOf, meanOf } from './moments.ts';

const PROVENANCE = { name: 'test', source: 'test', licence: 'MIT', date: '2025-01-01' };
const file = (name: string): Uint8Array => readFileSync(sharedPath(`diffvox-presets/${name}`));

/** An array of a `.npz` (a zip of `.npy` files, stored or deflated). */
function fromNpz(bytes: Uint8Array, name: string): ArrayLike<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end--;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const nameLength = view.getUint16(at + 28, true);
    const found = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (found === `${name}.npy`) {
      const local = view.getUint32(at + 42, true);
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const packed = bytes.subarray(start, start + view.getUint32(at + 20, true));
      return parseNpy(view.getUint16(at + 10, true) === 0 ? packed : inflateRawSync(packed)).data;
    }
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  throw new Error(`The archive holds no ${name}.`);
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
};

describeWithShared('the published presets', () => {
  let internal: Float64Array[];
  let medley: Float64Array[];
  let prior: PriorModel;
  let medleyPrior: PriorModel;
  beforeAll(() => {
    const all = readPublishedRows(file('internal/raw_params.npy'), 'internal');
    internal = readRowIndex(file('internal/train_index.npy'), all.length, 'rows').map((row) => all[row]);
    medley = readPublishedRows(file('medleydb/raw_params.npy'), 'medleydb');
    const train = (raws: Float64Array[]): PriorModel =>
      trainPrior(raws, { dimensions: INFORMATIVE_DIMENSIONS, provenance: PROVENANCE });
    prior = train(internal);
    medleyPrior = train(medley);
  });

  it.each(['internal', 'medleydb'])('the mask of %s keeps the informative values', (set) => {
    expect(dimensionsOfMask(readMask(file(`${set}/feature_mask.npy`), 'mask'), 'mask')).toEqual(
      INFORMATIVE_DIMENSIONS,
    );
  });

  it.each(['internal', 'medleydb'])('mean and covariance of %s', (set) => {
    const { mean, covariance } = set === 'internal' ? prior : medleyPrior;
    const archive = file(`${set}/gaussian.npz`);
    expect(largestDifference(mean, fromNpz(archive, 'mean'))).toBeLessThan(1e-5);
    expect(largestDifference(covariance, fromNpz(archive, 'cov'))).toBeLessThan(1e-5);
  });

  it('the components that hold 99 % of the variance', () => {
    const components = prior.componentsIn('plain');
    const own = medleyPrior.componentsIn('plain');
    expect([components.rank, own.rank]).toEqual([130, 69]);
    const share = (count: number, of: number): number => Number(((100 * count) / of).toFixed(2));
    expect(share(componentsNeeded(explainedShares(components), 0.99), components.rank)).toBe(59.23);
    expect(share(componentsNeeded(explainedShares(own), 0.99), own.rank)).toBe(65.22);
    const others = sharesOnOthers(components, informativeRows(medley, INFORMATIVE_DIMENSIONS));
    expect(share(componentsNeeded(others, 0.99), components.rank)).toBe(76.92);
  });

  it('the ten largest Spearman correlations, and what they are in MedleyDB', () => {
    const rows = informativeRows(internal, INFORMATIVE_DIMENSIONS);
    const inMedley = spearmanOf(informativeRows(medley, INFORMATIVE_DIMENSIONS));
    const { ids } = prior;
    const found = largestCorrelations(spearmanOf(rows), ids, 10).map(({ a, b, rho }) => ({
      pair: `${a} ${b}`,
      rho,
      other: inMedley[ids.indexOf(a) * ids.length + ids.indexOf(b)],
    }));
    const published = [
      ['eq.lp.freq fdn.decay.44', 0.6, 0.32],
      ['eq.pk2.gain eq.pk2.q', -0.6, -0.1],
      ['delay.time delay.feedback', -0.58, -0.2],
      ['eq.lp.freq fdn.decay.43', 0.56, 0.35],
      ['comp.threshold comp.makeup', -0.55, 0.06],
      ['eq.lp.freq fdn.decay.45', 0.53, 0.19],
      ['comp.expander_threshold comp.expander_ratio', -0.52, -0.3],
      ['delay.time delay.gain', -0.51, -0.02],
      ['delay.feedback delay.lp.freq', 0.49, 0.41],
      ['fdn.pk2.gain fdn.pk2.freq', -0.46, -0.47],
    ] as const;
    expect(found.map(({ pair }) => pair)).toEqual(published.map(([pair]) => pair));
    published.forEach(([, rho, other], i) => {
      expect(Math.abs(found[i].rho - rho)).toBeLessThanOrEqual(0.011);
      expect(Math.abs(found[i].other - other)).toBeLessThanOrEqual(0.011);
    });
  });

  it('effect-wise means of absolute correlation', () => {
    const { ids } = prior;
    const found = effectCorrelations(spearmanOf(informativeRows(internal, INFORMATIVE_DIMENSIONS)), ids);
    const of = (a: string, b: string): number | null | undefined =>
      found.find((entry) => (entry.a === a && entry.b === b) || (entry.a === b && entry.b === a))
        ?.meanAbsolute;
    const published = [
      ['PK2', 'HS', 0.222],
      ['LS', 'HP', 0.198],
      ['HS', 'COMP', 0.151],
      ['DLY', 'SEND', 0.151],
      ['PK1', 'PK2', 0.145],
      ['DLY', 'FDN', 0.112],
      ['PK2', 'PK2', 0.208],
      ['HP', 'HP', 0.2],
      ['COMP', 'COMP', 0.184],
      ['DLY', 'DLY', 0.176],
      ['PK1', 'PK1', 0.144],
      ['HS', 'HS', 0.138],
      ['FDN', 'FDN', 0.138],
      ['LP', 'LP', 0.137],
      ['LS', 'LS', 0.011],
    ] as const;
    for (const [a, b, value] of published) expect(Math.abs(of(a, b)! - value)).toBeLessThan(0.001);
  });

  it('describes unseen presets better with its own shapes than as a normal distribution or a mixture', () => {
    const { gaussian, shrunkGaussian, copula, mixture } = prior.heldOut!.likelihood;
    expect(copula).toBeGreaterThan(gaussian! + 50);
    expect(copula).toBeGreaterThan(shrunkGaussian);
    expect(copula).toBeGreaterThan(mixture);
    expect(prior.prefersShaped).toBe(true);
    expect([prior.isShrunk, medleyPrior.isShrunk]).toEqual([false, true]);
  });

  it.each(['gaussian', 'shaped'] as const)(
    '10,000 %s samples are finite, in range, and spread as the presets are',
    (sampler) => {
      const samples = samplePrior(prior, 10_000, { seed: 1, temperature: 1, sampler });
      for (const raw of samples)
        CHAIN_PARAMETERS.forEach((parameter, index) => {
          const physical = rawToPhysical(parameter, raw[index]);
          if (!(physical >= parameter.min - 1e-9 && physical <= parameter.max * (1 + 1e-9)))
            throw new Error(`${parameter.id} is ${physical}.`);
        });
      const rows = informativeRows(samples, INFORMATIVE_DIMENSIONS);
      const mean = meanOf(rows);
      const covariance = covarianceOf(rows, mean);
      const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
      mean.forEach((value, i) => {
        expect(Math.abs(value - prior.mean[i])).toBeLessThan(0.05 * Math.sqrt(prior.covariance[131 * i]));
      });
      // The copula keeps each parameter's spread, but shrinks how strongly they go together.
      const apart =
        norm(covariance.map((value, at) => value - prior.covariance[at])) / norm(prior.covariance);
      expect(apart).toBeLessThan(sampler === 'gaussian' ? 0.06 : 0.2);
    },
  );

  it.each(['gaussian', 'shaped'] as const)('%s samples sound, and die away', async (sampler) => {
    const module = await loadKernelModule();
    for (const raw of samplePrior(prior, 12, { seed: 2, temperature: 1, sampler })) {
      const { isFinite, peakDb, tailDb } = soundOf(module, raw);
      expect(isFinite).toBe(true);
      expect(peakDb).toBeLessThan(30);
      expect(tailDb).toBeLessThan(0);
    }
  });

  it('is what ships in resources/prior, but for the last digits', () => {
    const shipped = parsePrior(
      readFileSync(new URL('../../../resources/prior/voxfit-prior.json', import.meta.url), 'utf8'),
    );
    expect(shipped.presetCount).toBe(365);
    expect(largestDifference(shipped.covariance, prior.covariance)).toBeLessThan(1e-9);
    expect(shipped.heldOut!.likelihood.copula).toBeCloseTo(prior.heldOut!.likelihood.copula, 6);
  });

  it('is the same after a file', () => {
    const read = parsePrior(formatPrior(prior));
    expect(read.covariance).toEqual(prior.covariance);
    expect(read.score(internal[3]).logDensity).toBe(prior.score(internal[3]).logDensity);
    expect(read.score(internal[3]).shapedLogDensity).toBeCloseTo(
      prior.score(internal[3]).shapedLogDensity,
      3,
    );
  });
});
