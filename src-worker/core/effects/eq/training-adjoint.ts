/** Adjoint of the six filters before the compressor. */
import { filterCascadeAdjoint, filterValueGradients } from '../../signal/biquad-adjoint.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import { eqFilters } from './training.ts';

/**
 * Gradient of a scalar with respect to the values of {@link eqParameters}, in their order, and to x, given that with
 * respect to `equalise(values, x)`.
 */
export function equaliseAdjoint(
  values: ArrayLike<number>,
  x: Float32Array | Float64Array,
  gradOutput: Float64Array,
): { readonly values: Float64Array; readonly input: Float64Array } {
  const filters = eqFilters(values);
  const input = gradOutput.slice();
  const gradients = filterCascadeAdjoint(filters, FIT_SAMPLE_RATE_HZ, Float64Array.from(x), input);
  return { values: Float64Array.from(filterValueGradients(filters, gradients)), input };
}
