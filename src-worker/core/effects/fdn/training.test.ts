import { describe, expect, it } from 'vitest';
import { orthogonalFromRaw } from '../../signal/orthogonal.ts';
import { decayDisplay, FDN_DELAYS } from './params.ts';
import { fdnImpulseResponses, fdnTransfer, fdnValues } from './training.ts';

const wave = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => Math.sin(seed + 1.7 * i * i));

/** 119 values with one decay time at all frequencies and a neutral EQ. */
function values(t60Seconds: number): number[] {
  const gamma = new Array<number>(49).fill(decayDisplay.toValue(t60Seconds));
  const eq = [0, 800, 1, 0, 4000, 1, 0, 115, 0, 8000];
  return [...wave(12, 1), ...wave(12, 2), ...gamma, ...wave(36, 3), ...eq];
}

describe('the feedback delay network', () => {
  it('is the recursion of its lines where the decay is the same at all frequencies', () => {
    const { input, output, gamma, mixingRaw, filters } = fdnValues(values(1.5));
    const responses = fdnImpulseResponses({ input, output, gamma, mixingRaw, filters });
    const mixing = orthogonalFromRaw(mixingRaw);
    const length = 12_000;
    for (const k of [0, 1]) {
      // z_i[n + m_i] = Σ_j U_ij Γ_j z_j[n] + B_ik x[n];  y = C z
      const lines = FDN_DELAYS.map((m) => new Float64Array(length + m));
      for (let n = 0; n < length; n++) {
        FDN_DELAYS.forEach((m, i) => {
          let sum = n === 0 ? input[i * 2 + k]! : 0;
          FDN_DELAYS.forEach((mj, j) => {
            sum += mixing[i * 6 + j]! * gamma[0]! ** (mj / 997) * lines[j]![n]!;
          });
          lines[i]![n + m] = sum;
        });
      }
      for (const o of [0, 1]) {
        const response = responses[o]![k]!;
        for (let n = 0; n < length; n++) {
          const expected = lines.reduce((sum, line, i) => sum + output[o * 6 + i]! * line[n]!, 0);
          expect(Math.abs(response[n]! - expected)).toBeLessThan(1e-12);
        }
      }
    }
  });

  it('decays by 60 dB in its decay time', () => {
    const [[response]] = fdnImpulseResponses(fdnValues(values(1))) as [[Float64Array]];
    const energy = (from: number): number =>
      response.subarray(from, from + 8820).reduce((sum, v) => sum + v * v, 0);
    expect(10 * Math.log10(energy(4410) / energy(4410 + 44_100))).toBeCloseTo(60, -0.5);
  });

  it('has a transfer matrix that solves (D − UΓ) z = B, with the decay interpolated between its points', () => {
    const all = values(1);
    for (let i = 0; i < 49; i++) all[24 + i] = decayDisplay.toValue(0.3 + 0.1 * i);
    const reverb = fdnValues(all);
    const length = 960;
    const [[h]] = fdnTransfer(reverb, length) as [[{ re: Float64Array; im: Float64Array }]];
    const mixing = orthogonalFromRaw(reverb.mixingRaw);
    const bin = 123;
    const place = (bin / 480) * 48;
    const at = Math.floor(place);
    const gamma = reverb.gamma[at]! * (1 - (place - at)) + reverb.gamma[at + 1]! * (place - at);
    // Neumann series of (D − UΓ)⁻¹ B for the first input.
    const rotate = (m: number): [number, number] => {
      const w = (2 * Math.PI * bin * m) / length;
      return [Math.cos(w), -Math.sin(w)];
    };
    let z = FDN_DELAYS.map((m, i): [number, number] => {
      const [c, s] = rotate(m);
      return [c * reverb.input[i * 2]!, s * reverb.input[i * 2]!];
    });
    let re = 0;
    let im = 0;
    for (let step = 0; step < 4000; step++) {
      z.forEach(([zr, zi], i) => {
        re += reverb.output[i]! * zr;
        im += reverb.output[i]! * zi;
      });
      z = FDN_DELAYS.map((m, i) => {
        let [sr, si] = [0, 0];
        z.forEach(([zr, zi], j) => {
          const loop = mixing[i * 6 + j]! * gamma ** (FDN_DELAYS[j]! / 997);
          sr += loop * zr;
          si += loop * zi;
        });
        const [c, s] = rotate(m);
        return [sr * c - si * s, sr * s + si * c];
      });
    }
    expect(h.re[bin]).toBeCloseTo(re, 10);
    expect(h.im[bin]).toBeCloseTo(im, 10);
  });
});
