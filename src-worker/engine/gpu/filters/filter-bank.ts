/**
 * Biquads on a grid of frequencies, for kernels: responses and the derivatives of their logarithms, free of cancellation at
 * low frequencies (see {@link lowFrequencyForm}).
 *
 *   e^{jω} N(ω) = n0 − n1 sin²(ω/2) + j n2 sin ω, the denominator D alike;  ∂ ln H / ∂θ = N_θ / N − D_θ / D
 */
import { designAt, lowFrequencyForm, type FilterPlace } from '../../filter-places.ts';
import { ROOT_OPERATIONS } from '../fft/roots.ts';
import { COMPLEX_PRODUCT, COMPLEX_SUM, DOT, FUNCTION } from '../work.ts';

/** Numbers of a filter, and of one derivative of it: three of the numerator, three of the denominator. */
export const FORM = 6;

/** Values of a filter that have a gradient, in the order of the kernels' sums. */
function valuesOf({ gain, freq, q }: FilterPlace): number[] {
  return [gain, freq, q].filter((index) => index !== undefined);
}

/** Gradients a bank has: one for each value of each filter. */
export function slopeCount(places: readonly FilterPlace[]): number {
  return places.reduce((sum, place) => sum + valuesOf(place).length, 0);
}

/** f32: the forms of all filters, then those of their derivatives, filter by filter. */
export function bankNumbers(places: readonly FilterPlace[], values: ArrayLike<number>): number[] {
  const designs = places.map((place) => designAt(place, values));
  const forms = designs.flatMap(({ coefficients: { b0, b1, b2, a1, a2 } }) => [
    ...lowFrequencyForm(b0, b1, b2),
    ...lowFrequencyForm(1, a1, a2),
  ]);
  const slopes = designs.flatMap(({ byGainDb, byFreqHz, byQ }, i) =>
    [
      ...(places[i]!.gain === undefined ? [] : [byGainDb]),
      byFreqHz,
      ...(places[i]!.q === undefined ? [] : [byQ]),
    ].flatMap(([b0, b1, b2, a1, a2]) => [
      ...lowFrequencyForm(b0!, b1!, b2!),
      ...lowFrequencyForm(0, a1!, a2!),
    ]),
  );
  return [...forms, ...slopes];
}

/** Adds sums of Re(W ∂ ln H / ∂θ), one for each value of each filter, to the gradient of the values. */
export function addBankGradient(
  places: readonly FilterPlace[],
  sums: ArrayLike<number>,
  byValue: Float64Array,
): void {
  places.flatMap(valuesOf).forEach((index, i) => {
    byValue[index]! += sums[i]!;
  });
}

/**
 * For kernels that bind `settings: array<f32>` with {@link bankNumbers} in it: `polynomial(at, grid)` of three numbers, and
 * `gridAt(k, points)`: sin²(ω/2) and sin ω of a bin. Needs ROOTS_WGSL.
 */
export const FILTER_BANK_WGSL = /* wgsl */ `
/** sin²(ω/2) and sin ω at phase ω of 2^−32 turns, ω below π. */
fn gridAt(phase: u32) -> vec2f {
  let halfTurn = root(phase >> 1u);
  return vec2f(halfTurn.y * halfTurn.y, -2.0 * halfTurn.x * halfTurn.y);
}
fn polynomial(at: u32, grid: vec2f) -> vec2f {
  return vec2f(settings[at] - settings[at + 1u] * grid.x, settings[at + 2u] * grid.y);
}
fn reciprocal(z: vec2f) -> vec2f { return vec2f(z.x, -z.y) / max(dot(z, z), 1e-37); }
/** Numerator over denominator of \`count\` filters from number \`at\` on. */
fn bankResponse(at: u32, count: u32, grid: vec2f) -> vec2f {
  var response = vec2f(1.0, 0.0);
  for (var i = 0u; i < count; i++) {
    let place = at + i * ${FORM}u;
    response = times(response, times(polynomial(place, grid), reciprocal(polynomial(place + 3u, grid))));
  }
  return response;
}
/** Re(w ∂ ln H): of the filter with numbers from \`form\` on, by the value with derivatives from \`slope\` on. */
fn bankSlope(w: vec2f, form: u32, slope: u32, grid: vec2f) -> f32 {
  let change = times(polynomial(slope, grid), reciprocal(polynomial(form, grid)))
    - times(polynomial(slope + 3u, grid), reciprocal(polynomial(form + 3u, grid)));
  return w.x * change.x - w.y * change.y;
}
`;

/** Operations of the functions above; of `bankResponse` for each filter. */
const POLYNOMIAL_OPERATIONS = 3;
export const RECIPROCAL_OPERATIONS = DOT + 1 + FUNCTION + 2;
export const GRID_OPERATIONS = ROOT_OPERATIONS + 3;
export const RESPONSE_OPERATIONS = 2 * POLYNOMIAL_OPERATIONS + RECIPROCAL_OPERATIONS + 2 * COMPLEX_PRODUCT;
export const SLOPE_OPERATIONS =
  4 * POLYNOMIAL_OPERATIONS + 2 * RECIPROCAL_OPERATIONS + 2 * COMPLEX_PRODUCT + COMPLEX_SUM + 3;

/** Statements that put the slopes of a bank for the weight `w` into `sums[first…]`. */
export function bankSlopes(
  places: readonly FilterPlace[],
  at: number,
  first: number,
  weight: (filter: number) => string,
): string {
  let slope = at + places.length * FORM;
  let sum = first;
  let code = '';
  places.forEach((place, filter) => {
    valuesOf(place).forEach(() => {
      code += `  sums[${sum++}] = bankSlope(${weight(filter)}, ${at + filter * FORM}u, ${slope}u, grid);\n`;
      slope += FORM;
    });
  });
  return code;
}
