import { describe, expect, it } from 'vitest';
import { realFft } from '#core/signal/fft.ts';
import { glottalPulse } from './glottis.ts';

const POINTS = 1024;
const period = (rd: number): Float64Array => {
  const pulse = glottalPulse(rd);
  return Float64Array.from({ length: POINTS }, (_, n) => pulse(n / POINTS));
};

/** Level of a harmonic over the first, in dB. */
function harmonicDb(rd: number, harmonic: number): number {
  const fft = realFft(POINTS);
  const [re, im] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  fft.forward(period(rd), re, im);
  return 20 * Math.log10(Math.hypot(re[harmonic]!, im[harmonic]!) / Math.hypot(re[1]!, im[1]!));
}

describe('glottalPulse', () => {
  it.each([0.4, 0.6, 1, 1.7, 2.5])('closes completely: the flow of Rd %d comes back to 0', (rd) => {
    const derivative = period(rd);
    const flow = derivative.reduce((sum, value) => sum + value, 0) / POINTS;
    const moved = derivative.reduce((sum, value) => sum + Math.abs(value), 0) / POINTS;
    expect(Math.abs(flow)).toBeLessThan(0.01 * moved);
    expect(Math.min(...derivative)).toBeCloseTo(-1, 1);
    expect(Math.abs(derivative[0]!)).toBeLessThan(1e-9);
    expect(Math.abs(glottalPulse(rd)(1))).toBeLessThan(1e-9);
  });

  it('is brighter the more it is pressed', () => {
    const [pressed, normal, soft] = [0.5, 1, 2].map((rd) => harmonicDb(rd, 12)) as [number, number, number];
    expect(pressed).toBeGreaterThan(normal + 5);
    expect(normal).toBeGreaterThan(soft + 5);
  });
});
