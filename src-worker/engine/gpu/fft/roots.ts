/**
 * Roots of unity for kernels. WGSL's sine and cosine may be off by 2^−11; these are off by some 1e−7.
 *
 * A phase is a u32 in units of 2^−32 turns, so that it wraps by itself: e^{−2πi·phase/2^32} is the product of two entries of a
 * table and, for what lies between its 2^20 steps, a rotation to first order.
 */
import type { GpuContext } from '../device.ts';
import { COMPLEX_PRODUCT, COMPLEX_SUM } from '../work.ts';
import { COMPLEX_WGSL } from './complex.ts';

const TABLE = 1024;

/** For kernels that bind {@link rootTable} as `roots: array<vec2f>`: `root(phase)`, and complex products. */
export const ROOTS_WGSL = /* wgsl */ `${COMPLEX_WGSL}
/** e^{−2πi·phase/2^32}. */
fn root(phase: u32) -> vec2f {
  let coarse = times(roots[phase >> 22u], roots[${TABLE}u + ((phase >> 12u) & 1023u)]);
  let rest = f32(phase & 4095u) * ${(2 * Math.PI) / 2 ** 32};
  return coarse + rest * vec2f(coarse.y, -coarse.x);
}
`;

/** Operations of `root`, and of `phaseOf` below. */
export const ROOT_OPERATIONS = COMPLEX_PRODUCT + 1 + 2 + COMPLEX_SUM;
export const PHASE_OPERATIONS = 2;

/** f32[2048][2]: 1024 steps of the whole turn, then 1024 steps of the first of those. */
export function rootTable(context: GpuContext): GPUBuffer {
  const table = new Float32Array(4 * TABLE);
  for (let i = 0; i < TABLE; i++) {
    [TABLE, TABLE * TABLE].forEach((steps, part) => {
      const angle = (-2 * Math.PI * i) / steps;
      table[2 * (part * TABLE + i)] = Math.cos(angle);
      table[2 * (part * TABLE + i) + 1] = Math.sin(angle);
    });
  }
  return context.filled('roots of unity', table);
}

/** For kernels, in place of a phase times a bin: the fixed-point parts of turns per bin; see {@link phasePerBin}. */
export const PHASE_WGSL = /* wgsl */ `
/** Phase of \`bin\` bins of \`whole\` + \`part\` units each. */
fn phaseOf(bin: u32, whole: u32, part: f32) -> u32 { return whole * bin + u32(part * f32(bin) + 0.5); }
`;

/** Turns (0 or more) a bin as whole and fractional units of 2^−32 turns. */
export function phasePerBin(turns: number): { whole: number; part: number } {
  const units = turns * 2 ** 32;
  const whole = Math.floor(units);
  return { whole: whole % 2 ** 32, part: units - whole };
}
