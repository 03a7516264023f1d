import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import {
  defaultsWith,
  effectContract,
  noise,
  processAll,
  signalToErrorDb,
} from '../../../test-support/effect-contract.ts';
import { orthogonalFromRaw } from '../../signal/orthogonal.ts';
import type { StreamKernels } from '../processor.ts';
import { DECAY_BANDS, FDN_DELAYS, FDN_LINES, MAX_GAMMA, decayDisplay, fdnParameters } from './params.ts';
import { FdnProcessor, MAX_LINE_GAIN, attenuationTaps, fdnGeometry, nearestPrime } from './realtime.ts';

const FS = 44_100;
const DECAY_START = 24;
const MIXING_START = DECAY_START + DECAY_BANDS;
const EQ_START = MIXING_START + 36;

const coefficients = (count: number, seed: number, size: number) =>
  Array.from(noise(count, seed), (value) => value * size);

/** A network with random matrices, the given γ, and a flat EQ. */
function network(gamma: readonly number[], seed = 3): number[] {
  const values = defaultsWith(fdnParameters);
  values.splice(0, DECAY_START, ...coefficients(DECAY_START, seed, 0.5));
  values.splice(DECAY_START, DECAY_BANDS, ...gamma);
  values.splice(MIXING_START, 36, ...coefficients(36, seed + 1, 2));
  return values;
}

const sloping = Array.from({ length: DECAY_BANDS }, (_, band) =>
  decayDisplay.toValue(0.3 + 1.5 * Math.exp(-band / 9)),
);
const steep = Array.from({ length: DECAY_BANDS }, (_, band) => (band % 4 < 2 ? MAX_GAMMA : 0));
const longest = Array<number>(DECAY_BANDS).fill(MAX_GAMMA);

effectContract({
  name: 'fdn',
  parameters: fdnParameters,
  create: (kernels) => new FdnProcessor(kernels, FS),
  neutral: { values: defaultsWith(fdnParameters), output: 'silence' },
  decaying: { values: network(Array<number>(DECAY_BANDS).fill(decayDisplay.toValue(0.5))), decaySeconds: 5 },
  settings: [
    network(sloping)
      .with(EQ_START, 6)
      .with(EQ_START + 6, -4),
    network(steep, 8),
  ],
});

/** The recursion sample by sample, with the filters' taps applied one by one. */
function oracle(input: readonly Float32Array[], values: readonly number[]): [Float64Array, Float64Array] {
  const geometry = fdnGeometry(FS);
  const taps = attenuationTaps(values.slice(DECAY_START, MIXING_START), geometry);
  const mixing = orthogonalFromRaw(values.slice(MIXING_START, EQ_START));
  const length = input[0]!.length;
  const q = geometry.delays.map(() => new Float64Array(length));
  const out: [Float64Array, Float64Array] = [new Float64Array(length), new Float64Array(length)];
  for (let n = 0; n < length; n++) {
    const filtered = geometry.delays.map((delay, line) => {
      const L = geometry.reach[line]!;
      let sum = 0;
      for (let k = Math.max(-L, n - delay - length + 1); k <= Math.min(L, n - delay); k++)
        sum += taps[line]![k + L]! * q[line]![n - delay - k]!;
      return sum;
    });
    for (let i = 0; i < FDN_LINES; i++) {
      const s = n >= geometry.delays[i]! ? q[i]![n - geometry.delays[i]!]! : 0;
      for (let c = 0; c < 2; c++) {
        q[i]![n]! += values[2 * i + c]! * input[c]![n]!;
        out[c]![n]! += values[12 + 6 * c + i]! * s;
      }
      for (let j = 0; j < FDN_LINES; j++) q[i]![n]! += mixing[6 * i + j]! * filtered[j]!;
    }
  }
  return out;
}

describe('reverb as a stream', () => {
  let kernels: StreamKernels;
  let processor: FdnProcessor;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
    processor = new FdnProcessor(kernels, FS);
  });

  it.each([
    ['sloping', sloping],
    ['steep', steep],
  ])('equals the recursion with %s decay', (_, gamma) => {
    const values = network(gamma);
    const input = [noise(9000, 1), noise(9000, 2)];
    processor.set(values);
    processor.reset();
    expect(signalToErrorDb(processAll(processor, input, [100]), oracle(input, values))).toBeGreaterThan(115);
  });

  it('attenuates every line by Γ^(m/997), interpolated over frequency', () => {
    const geometry = fdnGeometry(FS);
    attenuationTaps(sloping, geometry).forEach((taps, line) => {
      const L = geometry.reach[line]!;
      for (const band of [0, 0.5, 3.25, 20, 47.75]) {
        const lower = Math.floor(band);
        const gamma = sloping[lower]! + (band - lower) * (sloping[lower + 1]! - sloping[lower]!);
        const omega = (Math.PI * band) / (DECAY_BANDS - 1);
        const response = taps.reduce((sum, tap, k) => sum + tap * Math.cos(omega * (k - L)), 0);
        expect(Math.abs(response - gamma ** (FDN_DELAYS[line]! / 997))).toBeLessThan(2e-4);
      }
    });
  });

  const energies = (values: readonly number[], parts: number, partSeconds: number): number[] => {
    processor.set(values);
    processor.reset();
    return Array.from({ length: parts }, (_, part) => {
      const input = [new Float32Array(partSeconds * FS), new Float32Array(partSeconds * FS)];
      if (part === 0) input[0]![0] = 1;
      const output = processAll(processor, input);
      return output.reduce((sum, channel) => sum + channel.reduce((s, y) => s + y * y, 0), 0);
    });
  };

  it('decays by 60 dB in 9 s at the longest setting, for 30 s', () => {
    const parts = energies(network(longest), 10, 3);
    for (let part = 2; part < parts.length; part++)
      expect(10 * Math.log10(parts[part]! / parts[part - 1]!)).toBeCloseTo(-20, 0);
  });

  /** Largest |response| of symmetric taps at 2001 frequencies from 0 to Nyquist. */
  const largestGain = (taps: ArrayLike<number>): number => {
    const middle = (taps.length - 1) / 2;
    let largest = 0;
    for (let step = 0; step <= 2000; step++) {
      const omega = (Math.PI * step) / 2000;
      let sum = 0;
      for (let k = 0; k < taps.length; k++) sum += taps[k]! * Math.cos(omega * (k - middle));
      largest = Math.max(largest, Math.abs(sum));
    }
    return largest;
  };

  it.each([
    [2, 1],
    [4, 2],
    [49, 1],
    [49, 48],
    [13, 5],
  ])('decays for %i bands a period of which %i are longest', (period, long) => {
    const gamma = longest.map((value, band) => (band % period < long ? value : 0));
    const taps = attenuationTaps(gamma, fdnGeometry(FS));
    for (const line of taps) expect(largestGain(line)).toBeLessThan(MAX_LINE_GAIN * 1.0001);
    const parts = energies(network(gamma, 17), 6, 5);
    for (let part = 1; part < parts.length; part++)
      expect(parts[part]!).toBeLessThanOrEqual(parts[part - 1]! * 0.7);
  });

  it('has prime lines at every rate and blocks that fit before them', () => {
    expect(fdnGeometry(FS).delays).toEqual([...FDN_DELAYS]);
    expect([10.4, 9, 25, 1085.2, 2].map(nearestPrime)).toEqual([11, 7, 23, 1087, 2]);
    for (const rate of [8000, 11_025, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000]) {
      const { delays, block, reach } = fdnGeometry(rate);
      delays.forEach((delay, line) => {
        expect(Math.abs(delay / rate - FDN_DELAYS[line]! / FS)).toBeLessThan(12 / rate);
        expect(reach[line]! + block).toBeLessThanOrEqual(delay);
        expect(reach[line]! / rate).toBeGreaterThan(0.01);
      });
    }
  });

  it.each([8000, 48_000, 96_000])('keeps its decay time at %i Hz', (rate) => {
    const gamma = Array<number>(DECAY_BANDS).fill(decayDisplay.toValue(1));
    const other = new FdnProcessor(kernels, rate);
    other.set(network(gamma));
    const input = [new Float32Array(rate), new Float32Array(rate)];
    input[0]![0] = 1;
    const [left] = processAll(other, input) as [Float32Array, Float32Array];
    const energy = (from: number, to: number) =>
      left.subarray(from * rate, to * rate).reduce((sum, y) => sum + y * y, 0);
    const dropDb = 10 * Math.log10(energy(0.3, 0.5) / energy(0.7, 0.9));
    expect(dropDb).toBeGreaterThan(23);
    expect(dropDb).toBeLessThan(25);
  });
});
