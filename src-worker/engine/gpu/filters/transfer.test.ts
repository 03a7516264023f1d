import { afterAll, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, PARAMETER_COUNT, parameterIndex, rawToValues } from '#core/chain/parameters.ts';
import { Random } from '#core/optimise/random.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { describeWithGpu, testGpu } from '../../../test-support/gpu.ts';
import { Transfer } from '../../cpu/transfer.ts';
import { EQ_FILTERS, addFilterGradient, designAt } from '../../filter-places.ts';
import { loadKernelModule } from '../../kernel-module.ts';
import { Kernels } from '../../kernels.ts';
import { cosineOf } from '../../objective.ts';
import { openStart, withDamping } from '../../start.ts';
import { rootTable } from '../fft/roots.ts';
import { EQUALIZER_SUMS, GpuEqualizer } from './equalizer.ts';
import { GpuTransfer, TRANSFER_SUMS } from './transfer.ts';

/** Fine enough that the CPU’s interpolation of decay between nodes does not show. */
const POINTS = 2 ** 18;
const BINS = POINTS / 2;
const LOG_DAMP = -0.02;

/** A fit's start with every parameter somewhere else. */
function wandered(seed: number, far = 1): Float64Array {
  const random = new Random(seed);
  const raw = withDamping(openStart(random));
  CHAIN_PARAMETERS.forEach(({ id, unit }, i) => {
    if (/^fdn\.(input|output)/.test(id)) raw[i]! += 0.1 * far * random.signed();
    else raw[i]! += far * (unit === 'dB' ? 4 : 0.7) * random.signed();
  });
  return raw;
}

function withPhysical(raw: Float64Array, physical: Readonly<Record<string, number>>): Float64Array {
  const changed = raw.slice();
  for (const [id, value] of Object.entries(physical)) {
    const index = parameterIndex(id);
    changed[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, value);
  }
  return changed;
}

const SETTINGS: readonly (readonly [string, Float64Array])[] = [
  ['a start', withDamping(openStart(new Random(1)))],
  ['some setting', wandered(2)],
  ['another', wandered(3, 2)],
  ['short, loud repeats', withPhysical(wandered(4), { 'delay.time': 100, 'delay.feedback': 0.95 })],
  ['one repeat', withPhysical(wandered(5), { 'delay.time': 1000, 'delay.feedback': 0.01 })],
];

describeWithGpu('the response after the compressor', () => {
  afterAll(async () => {
    (await testGpu()).end();
  });

  it.each(SETTINGS)('and its gradient are those of the CPU: %s', async (_, raw) => {
    const context = await testGpu();
    const kernels = new Kernels(await loadKernelModule());
    const cpu = new Transfer(kernels, POINTS, POINTS);
    const values = rawToValues(raw);
    const response = context.numbers('response', 4 * BINS);
    const random = new Random(9);
    // Smooth in frequency and falling, as gradients of responses are.
    const given = Float32Array.from(
      { length: 4 * BINS },
      (_, i) => (Math.sin(i / 37) + random.signed()) / (1 + ((i >> 1) % BINS) / 4000),
    );
    for (const place of [0, 1, 2 * BINS, 2 * BINS + 1]) given[place] = 0;
    const gradient = context.filled('gradient', given);
    const gpu = await GpuTransfer.make(context, POINTS, POINTS, rootTable(context), response, gradient);
    for (const surrogate of [true, false]) {
      const options = { surrogate, logDamp: LOG_DAMP };
      cpu.forward(raw, values, options);
      gpu.prepare(raw, values, options);
      const got = await context.read(response, 4 * BINS, 0, (recording) => {
        gpu.recordForward(recording);
      });
      let [error, power] = [0, 0];
      cpu.response.forEach((address, part) => {
        kernels.f32(address, BINS).forEach((want, bin) => {
          error += (got[(part >> 1) * 2 * BINS + 2 * bin + (part & 1)]! - want) ** 2;
          power += want ** 2;
        });
      });
      expect(Math.sqrt(error / power)).toBeLessThan(5e-5);

      cpu.clearGradient();
      cpu.gradient.forEach((address, part) => {
        const to = kernels.f32(address, BINS);
        for (let bin = 0; bin < BINS; bin++) to[bin] = given[(part >> 1) * 2 * BINS + 2 * bin + (part & 1)]!;
      });
      const want = new Float64Array(PARAMETER_COUNT + 1);
      const wantDamp = cpu.adjoint(want, options);
      const sums = await context.read(gpu.sums, TRANSFER_SUMS, 0, (recording) => {
        gpu.recordAdjoint(recording);
      });
      const found = new Float64Array(PARAMETER_COUNT + 1);
      const foundDamp = gpu.addGradient(sums, found, raw, values, options);
      for (const part of [
        'delay.',
        'fdn.input',
        'fdn.output',
        'fdn.decay',
        'fdn.mixing',
        'fdn.pk',
        'fdn.ls',
        'fdn.hs',
        'pan',
      ]) {
        const indices = CHAIN_PARAMETERS.flatMap(({ id }, i) => (id.startsWith(part) ? [i] : []));
        const of = (gradient: Float64Array) => indices.map((i) => gradient[i]!);
        const largest = Math.max(...of(want).map(Math.abs));
        expect(cosineOf(of(found), of(want)), part).toBeGreaterThan(0.99999);
        for (const i of indices)
          expect(Math.abs(found[i]! - want[i]!) / largest, CHAIN_PARAMETERS[i]!.id).toBeLessThan(5e-3);
      }
      if (surrogate) expect(Math.abs(foundDamp / wantDamp - 1)).toBeLessThan(1e-3);
    }
  });

  it('and before it: the equaliser has the response of its filters and their slopes', async () => {
    const context = await testGpu();
    const values = rawToValues(wandered(6));
    const response = context.numbers('response', 2 * BINS);
    const random = new Random(3);
    const given = Float32Array.from({ length: 2 * BINS }, (_, i) => random.signed() / (1 + i / 16000));
    const weights = context.filled('weights', given);
    const gpu = await GpuEqualizer.make(context, BINS, rootTable(context), response, weights);
    gpu.prepare(values);
    const got = await context.read(response, 2 * BINS, 0, (recording) => {
      gpu.recordForward(recording);
    });
    const sums = await context.read(gpu.sums, EQUALIZER_SUMS, 0, (recording) => {
      gpu.recordAdjoint(recording);
    });
    const found = new Float64Array(PARAMETER_COUNT);
    gpu.addGradient(sums, found);

    const designs = EQ_FILTERS.map((place) => designAt(place, values));
    const want = new Float64Array(PARAMETER_COUNT);
    const byCoefficient = designs.map(() => new Float64Array(5));
    for (let bin = 1; bin < BINS; bin++) {
      const omega = (Math.PI * bin) / BINS;
      const z = [0, 1, 2].map((n) => [Math.cos(n * omega), -Math.sin(n * omega)] as const);
      const polynomial = (c: readonly number[]) => [
        c.reduce((sum, v, n) => sum + v * z[n]![0], 0),
        c.reduce((sum, v, n) => sum + v * z[n]![1], 0),
      ];
      let [re, im] = [1, 0];
      const parts = designs.map(({ coefficients: { b0, b1, b2, a1, a2 } }) => {
        const [nr, ni] = polynomial([b0, b1, b2]) as [number, number];
        const [dr, di] = polynomial([1, a1, a2]) as [number, number];
        const d2 = dr * dr + di * di;
        const [hr, hi] = [(nr * dr + ni * di) / d2, (ni * dr - nr * di) / d2];
        [re, im] = [re * hr - im * hi, re * hi + im * hr];
        return { nr, ni, dr, di };
      });
      expect(Math.hypot(got[2 * bin]! - re, got[2 * bin + 1]! - im)).toBeLessThan(
        1e-5 * (1 + Math.hypot(re, im)),
      );
      const [wr, wi] = [
        given[2 * bin]! * re - given[2 * bin + 1]! * im,
        given[2 * bin]! * im + given[2 * bin + 1]! * re,
      ];
      parts.forEach(({ nr, ni, dr, di }, i) => {
        const [n2, d2] = [nr * nr + ni * ni, dr * dr + di * di];
        z.forEach(([zr, zi], n) => {
          // Re(w z / N) and Re(w z / D)
          const [pr, pi] = [wr * zr - wi * zi, wr * zi + wi * zr];
          byCoefficient[i]![n]! += (pr * nr + pi * ni) / n2;
          if (n > 0) byCoefficient[i]![n + 2]! -= (pr * dr + pi * di) / d2;
        });
      });
    }
    designs.forEach((design, i) => {
      addFilterGradient(EQ_FILTERS[i]!, design, byCoefficient[i]!, want);
    });
    CHAIN_PARAMETERS.forEach(({ id }, i) => {
      if (id.startsWith('eq.')) expect(Math.abs(found[i]! / want[i]! - 1), id).toBeLessThan(5e-3);
    });
  });
});
