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
import type { StreamKernels } from '../processor.ts';
import { compParameters } from './params.ts';
import { CompProcessor } from './realtime.ts';

const FS = 44_100;
const BEFORE = 44;
const AFTER = 661;
/** Threshold, expander threshold, make-up, lookahead, attack, release, averaging, ratio, expander ratio. */
const busy = [-30, -45, 6, 3.217, 0.02, 0.0007, 0.3, 5, 0.4];
const neutral = [200, -300, 0, 0, 0.1, 0.1, 0.3, 4, 0.5];

effectContract({
  name: 'comp',
  parameters: compParameters,
  create: (kernels) => new CompProcessor(kernels, FS),
  neutral: { values: neutral, output: 'dry' },
  decaying: { values: busy, decaySeconds: 1 },
  settings: [busy, defaultsWith(compParameters)],
});

/** losses.md §5, word for word, over a whole signal in float64. */
function oracle(x: Float32Array, values: readonly number[]): Float64Array {
  const [ct, et, makeupDb, lookaheadMs, attack, release, a, cr, er] = Array.from(values);
  let power = 0;
  let smoothed = 1;
  const gains = Float64Array.from(x, (sample) => {
    power = (1 - a) * power + a * Math.max(sample * sample, 1e-8);
    const level = 20 * Math.log10(Math.sqrt(power));
    const target = 10 ** (Math.min(0, (1 - 1 / cr) * (ct - level), (1 - 1 / er) * (et - level)) / 20);
    const k = target < smoothed ? attack : release;
    smoothed = (1 - k) * smoothed + k * target;
    return smoothed;
  });
  const lookahead = lookaheadMs * 44.1;
  const sinc = (z: number) => (z === 0 ? 1 : Math.sin(Math.PI * z) / (Math.PI * z));
  return Float64Array.from(x, (sample, n) => {
    let gain = 0;
    for (let j = 0; j <= BEFORE + AFTER; j++) {
      const at = Math.min(Math.max(n + j - BEFORE, 0), x.length - 1);
      gain += sinc(j - BEFORE - lookahead) * gains[at]!;
    }
    return sample * gain * 10 ** (makeupDb / 20);
  });
}

describe('compressor as a stream', () => {
  let kernels: StreamKernels;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
  });

  /** Bursts of different level with gaps, so that both slopes and both speeds act. */
  const input = noise(6000).map((sample, n) => sample * 10 ** (-3 * Math.sin(n / 700) ** 2));

  it.each([0, 1000 / FS, 0.3, 3.217, 14.99])('equals the equations with %f ms lookahead', (lookaheadMs) => {
    const values = busy.with(3, lookaheadMs);
    const processor = new CompProcessor(kernels, FS);
    processor.set(values);
    const body = processAll(processor, [input], [1000])[0]!;
    processor.holdGain();
    const rest = processAll(processor, [new Float32Array(AFTER)])[0]!;
    const aligned = Float32Array.of(...body.subarray(AFTER), ...rest);
    expect(processor.latencySamples).toBe(AFTER);
    expect(signalToErrorDb([aligned], [oracle(input, values)])).toBeGreaterThan(115);
  });

  it('is silent before the first sample has passed', () => {
    const processor = new CompProcessor(kernels, FS);
    processor.set(busy);
    const output = processAll(processor, [input])[0]!;
    expect(output.findIndex((sample) => sample !== 0)).toBeGreaterThanOrEqual(AFTER);
  });

  it('keeps its timing at other rates', () => {
    for (const rate of [8000, 48_000, 96_000])
      expect(new CompProcessor(kernels, rate).latencySamples).toBe(Math.floor(0.015 * rate));
    // A step down by 40 dB: the gain recovers at the same speed in milliseconds.
    const recoveryMs = (rate: number): number => {
      const processor = new CompProcessor(kernels, rate);
      processor.set([-40, -200, 0, 0, 0.05, 0.002, 0.5, 20, 0.9]);
      const step = Float32Array.from({ length: rate }, (_, n) => (n < rate / 2 ? 0.5 : 0.005));
      const output = processAll(processor, [step])[0]!;
      const start = rate / 2 + processor.latencySamples;
      return (1000 * (output.findIndex((y, n) => n > start + 1 && y > 0.0045) - start)) / rate;
    };
    expect(Math.abs(recoveryMs(96_000) - recoveryMs(44_100))).toBeLessThan(0.3);
  });
});
