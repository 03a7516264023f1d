import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import { defaultsWith, noise, processAll } from '../../../test-support/effect-contract.ts';
import { realFft } from '../../signal/fft.ts';
import type { StreamKernels } from '../processor.ts';
import { DECAY_BANDS, MAX_GAMMA, decayDisplay, fdnParameters } from './params.ts';
import { FdnProcessor, attenuationTaps, fdnGeometry } from './realtime.ts';
import { decayTimeSeconds, reverbEqResponseDb } from './response.ts';

const DECAY_START = 24;
const MIXING_START = DECAY_START + DECAY_BANDS;
const EQ_START = MIXING_START + 36;
const POINT_HZ = 22_050 / (DECAY_BANDS - 1);

/** A network with random matrices, the given decay times, and an EQ (flat unless given). */
function network(t60Seconds: (band: number) => number, eq?: readonly number[], seed = 5): number[] {
  const values = defaultsWith(fdnParameters);
  const numbers = (count: number, seed: number, size: number): number[] =>
    Array.from(noise(count, seed), (value) => value * size);
  values.splice(0, DECAY_START, ...numbers(DECAY_START, seed, 0.5));
  values.splice(
    DECAY_START,
    DECAY_BANDS,
    ...Array.from({ length: DECAY_BANDS }, (_, band) => decayDisplay.toValue(t60Seconds(band))),
  );
  values.splice(MIXING_START, 36, ...numbers(36, seed + 1, 2));
  if (eq) values.splice(EQ_START, eq.length, ...eq);
  return values;
}

const sloping = (band: number): number => 0.4 + 1.6 * Math.exp(-band / 9);
const cornered = (band: number): number => [0.5, 2, 0.7, 1.2][band % 4]!;
const networks: readonly (readonly [string, (band: number) => number])[] = [
  ['sloping', sloping],
  ['cornered', cornered],
  ['even', () => 1],
];

describe('the reverb’s curves', () => {
  let kernels: StreamKernels;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
  });

  function impulseResponse(values: readonly number[], rate: number, seconds: number): Float32Array[] {
    const processor = new FdnProcessor(kernels, rate);
    processor.set(values);
    const input = [new Float32Array(seconds * rate), new Float32Array(seconds * rate)];
    input[0]![0] = 1;
    return processAll(processor, input);
  }

  /** Of several networks with the same decay, so that the beating of their few modes averages out. */
  const impulseResponses = (t60: (band: number) => number, rate: number): Float32Array[] =>
    [5, 8, 31, 77].flatMap((seed) => impulseResponse(network(t60, undefined, seed), rate, 3));

  /** T60 in seconds of the energy around `hz`, from its decay between −5 dB and −65 dB: a straight line through it. */
  function measuredDecay(
    response: readonly Float32Array[],
    hz: number,
    widthHz: number,
    rate: number,
  ): number {
    const length = 2 ** Math.floor(Math.log2(response[0]!.length));
    const transform = realFft(length);
    const re = new Float64Array(transform.bins);
    const im = new Float64Array(transform.bins);
    const energy = new Float64Array(length);
    for (const channel of response) {
      transform.forward(Float64Array.from(channel.subarray(0, length)), re, im);
      for (let bin = 0; bin < transform.bins; bin++) {
        // A Gaussian band: nothing rings longer than the reverb.
        const weight = Math.exp(-0.5 * (((bin * rate) / length - hz) / widthHz) ** 2);
        re[bin]! *= weight;
        im[bin]! *= weight;
      }
      const band = new Float64Array(length);
      transform.inverse(re, im, band);
      band.forEach((sample, n) => (energy[n]! += sample * sample));
    }
    let rest = 0;
    for (let n = length - 1; n >= 0; n--) rest = energy[n]! += rest;
    const levelDb = (n: number): number => 10 * Math.log10(energy[n]! / energy[0]!);
    const from = energy.findIndex((_, n) => levelDb(n) < -5);
    const to = energy.findIndex((_, n) => levelDb(n) < -65);
    let sumT = 0;
    let sumL = 0;
    let sumTT = 0;
    let sumTL = 0;
    for (let n = from; n < to; n++) {
      const level = levelDb(n);
      sumT += n;
      sumL += level;
      sumTT += n * n;
      sumTL += n * level;
    }
    const count = to - from;
    const slope = (count * sumTL - sumT * sumL) / (count * sumTT - sumT * sumT);
    return -60 / (slope * rate);
  }

  it.each([44_100, 48_000, 96_000])('decay as renders do at %i Hz', (rate) => {
    for (const t60 of [0.6, 1.5]) {
      const responses = impulseResponses(() => t60, rate);
      for (const hz of [800, 5000]) {
        const [drawn] = decayTimeSeconds(
          network(() => t60),
          [hz],
          rate,
        );
        const found = measuredDecay(responses, hz, hz / 5, rate);
        expect(Math.abs(found / drawn! - 1), `${t60} s, ${hz} Hz`).toBeLessThan(0.01);
      }
    }
  });

  it('decay as renders do where the times differ over frequency', () => {
    const responses = impulseResponses(sloping, 44_100);
    for (const hz of [1000, 2000, 6300, 12_000]) {
      const [drawn] = decayTimeSeconds(network(sloping), [hz]);
      const found = measuredDecay(responses, hz, Math.max(60, hz / 60), 44_100);
      expect(Math.abs(found / drawn! - 1), `${hz} Hz`).toBeLessThan(0.01);
    }
  });

  it.each(networks)('are those of the lines’ filters together (%s)', (_, t60) => {
    const values = network(t60);
    for (const rate of [44_100, 96_000]) {
      const geometry = fdnGeometry(rate);
      const filters = attenuationTaps(values.slice(DECAY_START, MIXING_START), geometry);
      const freqHz = Float64Array.from({ length: 150 }, (_, i) => 20 * 1000 ** (i / 149));
      decayTimeSeconds(values, freqHz, rate).forEach((drawn, i) => {
        let lossDb = 0;
        let samples = 0;
        filters.forEach((taps, line) => {
          const reach = geometry.reach[line]!;
          const omega = (2 * Math.PI * freqHz[i]!) / rate;
          const gain = taps.reduce((sum, tap, k) => sum + tap * Math.cos(omega * (k - reach)), 0);
          lossDb -= 20 * Math.log10(gain);
          samples += geometry.delays[line]!;
        });
        expect(Math.abs(drawn / ((60 * samples) / (rate * lossDb)) - 1), `${freqHz[i]} Hz`).toBeLessThan(
          0.01,
        );
      });
    }
  });

  it('go through the 49 points, but for rounded corners', () => {
    const points = Float64Array.from({ length: DECAY_BANDS }, (_, band) => band * POINT_HZ);
    decayTimeSeconds(network(sloping), points).forEach((drawn, band) =>
      expect(Math.abs(drawn / sloping(band) - 1)).toBeLessThan(0.01),
    );
    // A single long point is a peak whose tip the network cannot quite follow.
    const peak = decayTimeSeconds(
      network((band) => (band === 9 ? 3 : 0.5)),
      points,
    );
    expect(peak[9]).toBeLessThan(2.98);
    expect(peak[9]).toBeGreaterThan(2);
  });

  it('are finite from no decay time to the longest, at every frequency', () => {
    const freqHz = [0, 20, 1000, 22_050, 30_000];
    for (const gamma of [0, 1e-9, MAX_GAMMA]) {
      const values = network(() => 1);
      values.fill(gamma, DECAY_START, MIXING_START);
      const times = decayTimeSeconds(values, freqHz);
      expect(
        times.every((time) => time >= 0 && time < 9.1),
        `${times}`,
      ).toBe(true);
      expect(times[4]).toBe(times[3]);
    }
  });

  it('equalise as the ratio of renders with and without EQ', () => {
    const rate = 48_000;
    const eq = [7, 700, 0.8, -6, 3000, 2, 5, 200, -8, 6000];
    const flat = impulseResponse(network(sloping), rate, 3);
    const equalised = impulseResponse(network(sloping, eq), rate, 3);
    const length = 2 ** 17;
    const transform = realFft(length);
    const spectrum = (response: Float32Array): { re: Float64Array; im: Float64Array } => {
      const re = new Float64Array(transform.bins);
      const im = new Float64Array(transform.bins);
      transform.forward(Float64Array.from(response.subarray(0, length)), re, im);
      return { re, im };
    };
    const [before, after] = [spectrum(flat[0]!), spectrum(equalised[0]!)];
    const bins = Array.from({ length: 120 }, (_, i) => Math.round((20 * 1000 ** (i / 119) * length) / rate));
    const drawn = reverbEqResponseDb(
      network(sloping, eq),
      bins.map((bin) => (bin * rate) / length),
      rate,
    );
    bins.forEach((bin, i) => {
      const found =
        20 *
        Math.log10(Math.hypot(after.re[bin]!, after.im[bin]!) / Math.hypot(before.re[bin]!, before.im[bin]!));
      expect(Math.abs(drawn[i]! - found), `${(bin * rate) / length} Hz`).toBeLessThan(0.1);
    });
    expect(reverbEqResponseDb(network(sloping), [24_001], rate)[0]).toBe(-Infinity);
  });
});
