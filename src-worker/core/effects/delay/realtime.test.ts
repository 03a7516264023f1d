import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import {
  defaultsWith,
  effectContract,
  noise,
  processAll,
  signalToErrorDb,
  valuesOf,
} from '../../../test-support/effect-contract.ts';
import { biquadResponse, designBiquad, filterBiquad } from '../../signal/biquad.ts';
import type { StreamKernels } from '../processor.ts';
import { delayParameters } from './params.ts';
import { DelayProcessor, MAX_LOOP_GAIN, designDelay, lowPassPeak } from './realtime.ts';
import { delayValues } from './training.ts';

const FS = 44_100;
/** Time, feedback, gain, low-pass frequency and Q, odd pan, even pan. */
const busy = [123.457, 0.6, 0.8, 7000, 0.6, 0.2, 0.9];

effectContract({
  name: 'delay',
  parameters: delayParameters,
  create: (kernels) => new DelayProcessor(kernels, FS),
  neutral: { values: defaultsWith(delayParameters, { 'delay.gain': 0 }), output: 'silence' },
  decaying: { values: defaultsWith(delayParameters), decaySeconds: 8 },
  settings: [busy, [100, 0.9, 1, 16_000, 2, 0, 1]],
});

/** s delayed by d samples with an ideal interpolator of 2·400 points, for band-limited sound. */
function delayed(s: Float64Array, d: number): Float64Array {
  const whole = Math.floor(d);
  return s.map((_, n) => {
    let sum = 0;
    for (let k = -400; k <= 400; k++) {
      const sample = s[n - whole - k];
      const z = k - (d - whole);
      const window = Math.cos((Math.PI * z) / 802) ** 2;
      if (sample) sum += sample * window * (z === 0 ? 1 : Math.sin(Math.PI * z) / (Math.PI * z));
    }
    return sum;
  });
}

/** Repeat k is E^k γ^(k−1), from the definition in chain.md. */
function repeats(x: Float64Array, values: readonly number[], count: number): [Float64Array, Float64Array] {
  const { timeMs, feedback, gain, lowPassHz, lowPassQ, oddPan, evenPan } = delayValues(values);
  const lowPass = designBiquad('lowPass', { gainDb: 0, freqHz: lowPassHz, q: lowPassQ }, FS);
  const out: [Float64Array, Float64Array] = [new Float64Array(x.length), new Float64Array(x.length)];
  let repeat = x;
  for (let k = 1; k <= count; k++) {
    const next = delayed(repeat, (timeMs * FS) / 1000);
    filterBiquad(lowPass, next, next);
    repeat = k === 1 ? next : next.map((sample) => feedback * sample);
    const angle = (Math.PI / 2) * (k % 2 ? oddPan : evenPan);
    const gains = [Math.SQRT2 * Math.cos(angle), Math.SQRT2 * Math.sin(angle)];
    out.forEach((channel, c) => repeat.forEach((sample, n) => (channel[n]! += gain * gains[c]! * sample)));
  }
  return out;
}

describe('ping-pong delay as a stream', () => {
  let kernels: StreamKernels;
  let processor: DelayProcessor;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
    processor = new DelayProcessor(kernels, FS);
  });

  it('equals the sum of its repeats for a fractional delay', () => {
    const x = new Float64Array(18_000);
    const burst = Float64Array.from(noise(600), (sample, n) => sample * Math.sin((Math.PI * n) / 600) ** 2);
    filterBiquad(designBiquad('lowPass', { gainDb: 0, freqHz: 8000, q: 0.7 }, FS), burst, burst);
    x.set(burst);
    processor.set(busy);
    processor.reset();
    const output = processAll(processor, [Float32Array.from(x)], [333]);
    expect(signalToErrorDb(output, repeats(x, busy, 3))).toBeGreaterThan(75);
  });

  it('filters the first repeat once and adds no other delay', () => {
    const values = [100, 0.5, 1, 4000, 0.5, 0, 1];
    processor.set(values);
    processor.reset();
    const impulse = new Float32Array(8000);
    impulse[0] = 1;
    const expected = new Float64Array(8000);
    filterBiquad(
      designBiquad('lowPass', { gainDb: 0, freqHz: 4000, q: 0.5 }, FS),
      impulse.map((_, n) => (n === 4410 ? Math.SQRT2 : 0)),
      expected,
    );
    expect(signalToErrorDb(processAll(processor, [impulse]), [expected])).toBeGreaterThan(120);
  });

  it('lowers the feedback only where the loop would not decay', () => {
    const feedbackOf = (feedback: number, q: number) =>
      designDelay(defaultsWith(delayParameters, { 'delay.feedback': feedback, 'delay.lp.q': q }), FS)
        .feedback;
    expect(feedbackOf(0.9998, 0.7)).toBe(0.9998);
    expect(feedbackOf(0.48, 2)).toBe(0.48);
    expect(feedbackOf(0.49, 2) * lowPassPeak(2)).toBeCloseTo(MAX_LOOP_GAIN, 12);
    for (const q of [0.5, 0.8, 2])
      for (const freqHz of [200, 16_000]) {
        const filter = designBiquad('lowPass', { gainDb: 0, freqHz, q }, FS);
        let peak = 0;
        for (let hz = 0; hz < 22_050; hz += 2) {
          const { re, im } = biquadResponse(filter, hz, FS);
          peak = Math.max(peak, Math.hypot(re, im));
        }
        expect(peak).toBeLessThan(lowPassPeak(q) * (1 + 1e-12));
        expect(peak).toBeGreaterThan(lowPassPeak(q) * 0.9995);
      }
  });

  it.each([
    [100, 16_000],
    [100.0113, 12_345],
    [333.333, 200],
  ])('does not grow with feedback 1 and Q 2 (%f ms, %i Hz)', (timeMs, freqHz) => {
    const raw = delayParameters.map(() => 60);
    const values = valuesOf(delayParameters, raw);
    processor.set([timeMs, values[1]!, values[2]!, freqHz, values[4]!, 0.3, 0.7]);
    processor.reset();
    const peaks: number[] = [];
    const sound = new Float32Array(5 * FS);
    sound.set(noise(FS / 2));
    for (let part = 0; part < 8; part++) {
      const output = processAll(processor, [part === 0 ? sound : new Float32Array(5 * FS)]);
      peaks.push(Math.max(...output.map((channel) => channel.reduce((m, y) => Math.max(m, Math.abs(y)), 0))));
    }
    for (let part = 2; part < peaks.length; part++)
      expect(peaks[part]!, `${peaks}`).toBeLessThan(peaks[part - 1]! * 1.0001);
  });

  it('keeps its time at other rates and refuses rates too low for it', () => {
    for (const rate of [8000, 96_000]) {
      const other = new DelayProcessor(kernels, rate);
      other.set(defaultsWith(delayParameters, { 'delay.time': 250, 'delay.lp.freq': 3000 }));
      const impulse = new Float32Array(rate);
      impulse[0] = 1;
      const [left] = processAll(other, [impulse]) as [Float32Array, Float32Array];
      const start = left.findIndex((sample) => Math.abs(sample) > 1e-4);
      expect(start / rate).toBeCloseTo(0.25, 3);
    }
    expect(() =>
      new DelayProcessor(kernels, 2000).set(defaultsWith(delayParameters, { 'delay.time': 100 })),
    ).toThrow(RangeError);
  });
});
