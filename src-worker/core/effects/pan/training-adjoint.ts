/** Adjoint of the constant-power pan: d left/dp = −π/2 · right, d right/dp = π/2 · left. */
import { innerProduct } from '../../signal/inner-product.ts';
import { panGains, type Stereo } from './training.ts';

/** d left and d right of the pan law with respect to the pan value. */
export function panGainSlopes(pan: number): [left: number, right: number] {
  const [left, right] = panGains(pan);
  return [(-Math.PI / 2) * right, (Math.PI / 2) * left];
}

/** Gradient of a scalar with respect to the pan value and to x, given that with respect to both channels. */
export function panAdjoint(
  value: number,
  x: Float64Array,
  [gradLeft, gradRight]: Stereo,
): { readonly value: number; readonly input: Float64Array } {
  const [left, right] = panGains(value);
  const [leftSlope, rightSlope] = panGainSlopes(value);
  return {
    value: leftSlope * innerProduct(gradLeft, x) + rightSlope * innerProduct(gradRight, x),
    input: gradLeft.map((g, n) => left * g + right * gradRight[n]),
  };
}
