/** What every backend makes alike of its sums: the total, and the gradient by raw value. */
import { CHAIN_PARAMETERS, parametersUnder } from '#core/chain/parameters.ts';
import { LOSS_WEIGHTS, type LossTerms } from '#core/losses/index.ts';
import { FIT_PARAMETER_COUNT, type Evaluation, type GradientMode } from './objective.ts';

const DAMPING = FIT_PARAMETER_COUNT - 1;
const isMixing = new Set(parametersUnder('fdn.mixing'));

/** log η of the delay's surrogate: −softplus of its raw value. */
export function logDampOf(raw: Float64Array): number {
  return -Math.log1p(Math.exp(raw[DAMPING]!));
}

/** An evaluation without gradient from the mean terms. */
export function evaluationOf(terms: LossTerms, raw: Float64Array, mode: GradientMode): Evaluation {
  const delayRegulariser = mode === 'train' ? (1 - Math.exp(logDampOf(raw))) ** 2 : 0;
  const total =
    (Object.keys(terms) as (keyof LossTerms)[]).reduce(
      (sum, key) => sum + LOSS_WEIGHTS[key] * terms[key],
      0,
    ) + delayRegulariser;
  return { total, terms, delayRegulariser };
}

/** The gradient by raw value, from that by DSP value (mixing: by raw angle) and by log η, without the regulariser's. */
export function rawGradient(
  raw: Float64Array,
  byValue: Float64Array,
  byLogDamp: number,
  mode: GradientMode,
): Float64Array {
  const damping = Math.exp(logDampOf(raw));
  const gradient = byValue.map((g, i) =>
    i >= CHAIN_PARAMETERS.length || isMixing.has(i) ? g : g * CHAIN_PARAMETERS[i]!.map.slope(raw[i]!),
  );
  const byDamping = byLogDamp - (mode === 'train' ? 2 * (1 - damping) * damping : 0);
  // log η = −softplus(raw): the slope is −σ(raw).
  gradient[DAMPING] = -byDamping / (1 + Math.exp(-raw[DAMPING]!));
  return gradient;
}
