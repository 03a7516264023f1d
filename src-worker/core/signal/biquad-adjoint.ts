/**
 * Adjoint of biquads from zero state and of cascades of them.
 *
 *   λ[n] = ȳ[n] − a1 λ[n+1] − a2 λ[n+2],  λ = 0 beyond the end       ȳ = ∂L/∂y
 *   ∂L/∂x[n] = b0 λ[n] + b1 λ[n+1] + b2 λ[n+2]
 *   ∂L/∂b_k = Σ_n λ[n] x[n−k]        ∂L/∂a_k = −Σ_n λ[n] y[n−k]
 *
 * From there to gain, frequency and Q by the exact derivatives of the design (`biquad.ts`).
 */
import {
  designBiquad,
  designBiquadWithDerivatives,
  filterBiquad,
  type Biquad,
  type FilterSettings,
} from './biquad.ts';

/** Gradient of a scalar with respect to a filter's settings. */
export interface FilterGradient {
  readonly gainDb: number;
  readonly freqHz: number;
  readonly q: number;
}

/** Replaces ∂L/∂y by ∂L/∂x in place and answers the gradient of [b0, b1, b2, a1, a2]. */
function biquadAdjoint(
  { b0, b1, b2, a1, a2 }: Biquad,
  x: Float64Array,
  y: Float64Array,
  grad: Float64Array,
): Float64Array {
  grad.reverse();
  filterBiquad({ b0: 1, b1: 0, b2: 0, a1, a2 }, grad, grad);
  grad.reverse();
  const sums = new Float64Array(5);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let n = 0; n < grad.length; n++) {
    const lambda = grad[n];
    sums[0] += lambda * x[n];
    sums[1] += lambda * x1;
    sums[2] += lambda * x2;
    sums[3] -= lambda * y1;
    sums[4] -= lambda * y2;
    x2 = x1;
    x1 = x[n];
    y2 = y1;
    y1 = y[n];
    grad[n] = b0 * lambda + b1 * (grad[n + 1] ?? 0) + b2 * (grad[n + 2] ?? 0);
  }
  return sums;
}

/**
 * Adjoint of `filterCascade` on x: replaces the gradient with respect to the output by that with respect
 * to x, in place, and answers that of each filter's settings.
 */
export function filterCascadeAdjoint(
  filters: readonly FilterSettings[],
  sampleRateHz: number,
  x: Float64Array,
  grad: Float64Array,
): FilterGradient[] {
  const signals = [x];
  for (const filter of filters) {
    const y = new Float64Array(x.length);
    filterBiquad(designBiquad(filter.kind, filter, sampleRateHz), signals[signals.length - 1], y);
    signals.push(y);
  }
  const gradients: FilterGradient[] = [];
  for (let i = filters.length - 1; i >= 0; i--) {
    const design = designBiquadWithDerivatives(filters[i].kind, filters[i], sampleRateHz);
    const byCoefficient = biquadAdjoint(design.coefficients, signals[i], signals[i + 1], grad);
    const along = (derivative: Float64Array): number =>
      derivative.reduce((sum, d, c) => sum + d * byCoefficient[c], 0);
    gradients.unshift({
      gainDb: along(design.byGainDb),
      freqHz: along(design.byFreqHz),
      q: along(design.byQ),
    });
  }
  return gradients;
}

/** The gradients of the settings that parameter tables have, in their order: shelves without Q, passes without gain. */
export function filterValueGradients(
  filters: readonly FilterSettings[],
  gradients: readonly FilterGradient[],
): number[] {
  return filters.flatMap(({ kind }, i) => {
    const { gainDb, freqHz, q } = gradients[i];
    switch (kind) {
      case 'peak':
        return [gainDb, freqHz, q];
      case 'lowShelf':
      case 'highShelf':
        return [gainDb, freqHz];
      case 'lowPass':
      case 'highPass':
        return [freqHz, q];
      default:
        throw new RangeError(`No filter is called “${String(kind satisfies never)}”.`);
    }
  });
}
