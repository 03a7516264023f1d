/**
 * The objective of one segment and its gradient with respect to the raw parameters, in float64 and in exactly the
 * published training form: the reference that faster evaluations are held against.
 *
 *   pred = chain(dry) from warmupSamples on,  L = losses(pred, wet)        (`training.ts`, `losses/index.ts`)
 *   train: L + (1 − η)²,  and the gradient of delay time and log η through the damped surrogate
 *
 * Reverse mode by hand: with F̄ = ∂L/∂final, V̄ what the reverb hands to its inputs, D̄ = F̄ + send · V̄ the delay's share,
 *
 *   ū = Σ_c pan_c F̄_c + Σ_c V̄_c + delayᵀ D̄,      ∂/∂send = Σ_c ⟨V̄_c, D_c⟩
 *
 * and through compressor and EQ from there. The adjoints stand beside the effects. Conventions of the published system: a
 * clamp has no slope below its bound, branches are constants, sign(0) = 0.
 */
import { compressAdjoint } from '../effects/comp/training-adjoint.ts';
import { compress } from '../effects/comp/training.ts';
import { delayAdjoint } from '../effects/delay/training-adjoint.ts';
import { delay } from '../effects/delay/training.ts';
import { equaliseAdjoint } from '../effects/eq/training-adjoint.ts';
import { equalise } from '../effects/eq/training.ts';
import { reverberateAdjoint } from '../effects/fdn/training-adjoint.ts';
import { fdnRawResponses, fdnValues, reverberate } from '../effects/fdn/training.ts';
import { panAdjoint } from '../effects/pan/training-adjoint.ts';
import { panGains, type Stereo } from '../effects/pan/training.ts';
import { evaluateLossesWithGradient, type LossTerms } from '../losses/index.ts';
import type { Samples, StereoSamples } from '../losses/multi-resolution-stft.ts';
import { innerProduct } from '../signal/inner-product.ts';
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from './parameters.ts';
import { chainValues } from './training.ts';

/** The 151 raw values of the chain and, last, the raw damping of the delay's surrogate. */
export const TRAINING_PARAMETER_COUNT = PARAMETER_COUNT + 1;

export interface TrainingGradientOptions {
  /** `train` adds the delay regulariser and takes the surrogate's gradient for the delay time. */
  readonly mode: 'train' | 'eval';
  /** Samples at the start that the chain hears but that are not compared. */
  readonly warmupSamples: number;
}

export interface TrainingGradient {
  /** Weighted sum of the terms, and in training the delay regulariser. */
  readonly total: number;
  readonly terms: LossTerms;
  /** (1 − η)², 0 outside training. */
  readonly delayRegulariser: number;
  /** With respect to the 152 raw values. */
  readonly gradient: Float64Array;
}

/** u with `send` times the delay on it, for both inputs of the reverb. */
function reverbInput(direct: Float64Array, delayed: Stereo, send: number): Stereo {
  return delayed.map((channel) => channel.map((sample, n) => direct[n] + send * sample)) as Stereo;
}

/** Loss of the chain's output and its gradient with respect to that output, 0 in the warm-up. */
function outputLoss(
  final: Stereo,
  wet: StereoSamples,
  warmupSamples: number,
): { terms: LossTerms; total: number; gradient: Stereo } {
  const compared = ([left, right]: StereoSamples): StereoSamples => [
    left.subarray(warmupSamples),
    right.subarray(warmupSamples),
  ];
  const { gradient, ...loss } = evaluateLossesWithGradient(compared(final), compared(wet));
  const whole = gradient.map((channel) => {
    const padded = new Float64Array(final[0].length);
    padded.set(channel, warmupSamples);
    return padded;
  });
  return { ...loss, gradient: whole as Stereo };
}

/** What the adjoint needs of the forward pass. */
interface Stages {
  readonly eq: Float64Array;
  readonly comp: Float64Array;
  readonly delayed: Stereo;
  /** The reverb's, before its EQ. */
  readonly responses: Float64Array[][];
}

/** Gradient with respect to the DSP values, and log η's; `byOutput` is that with respect to the chain's output. */
function chainAdjoint(
  dry: Samples,
  raw: Float64Array,
  { eq, comp, delayed, responses }: Stages,
  byOutput: Stereo,
  logDamp: number | undefined,
): { values: Float64Array; logDamp: number } {
  const values = chainValues(raw);
  const direct = panAdjoint(values.pan, comp, byOutput);
  const reverb = reverberateAdjoint(values.fdn, reverbInput(comp, delayed, values.send), byOutput, responses);
  const bySend = reverb.input.reduce((sum, grad, c) => sum + innerProduct(grad, delayed[c]), 0);
  const byDelayed = byOutput.map((grad, c) => grad.map((g, n) => g + values.send * reverb.input[c][n]));
  const repeats = delayAdjoint(values.delay, comp, byDelayed as Stereo, logDamp);
  const byComp = direct.input;
  const [left, right] = reverb.input;
  for (let n = 0; n < byComp.length; n++) byComp[n] += left[n] + right[n] + repeats.input[n];
  const dynamics = compressAdjoint(values.comp, eq, byComp);
  const equaliser = equaliseAdjoint(values.eq, dry, dynamics.input);
  return {
    values: Float64Array.of(
      ...equaliser.values,
      ...dynamics.values,
      bySend,
      ...repeats.values,
      ...reverb.values,
      direct.value,
    ),
    logDamp: repeats.logDamp,
  };
}

/**
 * Evaluates a segment at 44.1 kHz: `dry` mono, `wet` its target of the same length, `raw` 152 numbers. Takes a few seconds
 * for 12 s of sound, and time and memory in proportion to longer ones.
 * Throws a RangeError if the lengths are wrong or fewer than 1,025 samples are compared; NaN and infinity come back as values.
 */
export function trainingGradient(
  dry: Samples,
  wet: StereoSamples,
  raw: Float64Array,
  { mode, warmupSamples }: TrainingGradientOptions,
): TrainingGradient {
  if (raw.length !== TRAINING_PARAMETER_COUNT)
    throw new RangeError(`A fit has ${TRAINING_PARAMETER_COUNT} parameters, got ${raw.length}.`);
  if (wet.some(({ length }) => length !== dry.length))
    throw new RangeError(
      `The dry has ${dry.length} samples, the wet ${wet.map(({ length }) => length).join(' and ')}.`,
    );
  const chainRaw = raw.subarray(0, PARAMETER_COUNT);
  const dampRaw = raw[PARAMETER_COUNT];
  const values = chainValues(chainRaw);
  // log η = −softplus(raw)
  const logDamp = -(Math.max(dampRaw, 0) + Math.log1p(Math.exp(-Math.abs(dampRaw))));

  const eq = equalise(values.eq, dry);
  const comp = compress(values.comp, eq);
  const delayed = delay(values.delay, comp);
  const responses = fdnRawResponses(fdnValues(values.fdn));
  const final = reverberate(values.fdn, reverbInput(comp, delayed, values.send), responses);
  panGains(values.pan).forEach((gain, c) => {
    for (let n = 0; n < comp.length; n++) final[c][n] += gain * comp[n] + delayed[c][n];
  });
  const loss = outputLoss(final, wet, warmupSamples);

  const train = mode === 'train';
  const stages = { eq, comp, delayed, responses };
  const slopes = chainAdjoint(dry, chainRaw, stages, loss.gradient, train ? logDamp : undefined);
  const gradient = new Float64Array(TRAINING_PARAMETER_COUNT);
  CHAIN_PARAMETERS.forEach(({ map }, i) => (gradient[i] = slopes.values[i] * map.slope(raw[i])));
  const damping = Math.exp(logDamp);
  const delayRegulariser = train ? (1 - damping) ** 2 : 0;
  if (train) {
    const byLogDamp = slopes.logDamp - 2 * (1 - damping) * damping;
    gradient[PARAMETER_COUNT] = -byLogDamp / (1 + Math.exp(-dampRaw));
  }
  return { total: loss.total + delayRegulariser, terms: loss.terms, delayRegulariser, gradient };
}
