/**
 * New settings drawn from a prior.
 *
 *   gaussian  the truncated normal of gaussian.ts: mean and covariance of the prior; temperature 0 is the mean
 *   shaped    the copula of shaped.ts: every parameter distributed as in the presets; temperature 0 is the median
 *
 * Locked parameters keep their values exactly, and the others are drawn given these. Whatever lies outside of what its
 * control offers is moved to the control's end: gains and thresholds are unbounded as raw values.
 */
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';
import { Random } from '../optimise/random.ts';
import { physicalToRaw, rawToPhysical } from '../parameter.ts';
import type { DrawOptions } from './gaussian.ts';
import type { PriorModel } from './model.ts';

export const SAMPLERS = ['gaussian', 'shaped'] as const;
export type Sampler = (typeof SAMPLERS)[number];

export interface SampleOptions {
  readonly seed: number;
  /** 0 or more. 1 spreads samples as the presets are spread. */
  readonly temperature: number;
  readonly sampler: Sampler;
  /** Raw values to keep, by position in the raw vector. */
  readonly locked?: ReadonlyMap<number, number>;
}

/** `count` raw vectors of 151 finite values, the same for the same seed; the first few do not depend on `count`. */
export function samplePrior(
  model: PriorModel,
  count: number,
  { seed, temperature, sampler, locked = new Map<number, number>() }: SampleOptions,
): Float64Array[] {
  const draw = sourceOf(model, sampler, locked);
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const raw = withinControls(model.raw(draw({ random, temperature })));
    for (const [index, value] of locked) raw[index] = value;
    return raw;
  });
}

function sourceOf(
  model: PriorModel,
  sampler: Sampler,
  locked: ReadonlyMap<number, number>,
): (options: DrawOptions) => Float64Array {
  const { dimensions, gaussian, shaped } = model;
  const positions = dimensions.flatMap((index, i) => (locked.has(index) ? [i] : []));
  const values = positions.map((position) => locked.get(dimensions[position])!);
  switch (sampler) {
    case 'shaped':
      return shaped.sampler(positions, values);
    case 'gaussian': {
      if (positions.length === 0) return (options) => gaussian.draw(options);
      const { free, gaussian: conditional } = gaussian.given(positions, values);
      return (options) => {
        const x = new Float64Array(dimensions.length);
        positions.forEach((position, i) => {
          x[position] = values[i];
        });
        conditional.draw(options).forEach((value, i) => {
          x[free[i]] = value;
        });
        return x;
      };
    }
    default:
      throw new RangeError(`No sampler is called “${String(sampler satisfies never)}”.`);
  }
}

/** The nearest raw vector whose every value a control can show. */
export function withinControls(raw: Float64Array): Float64Array {
  return raw.map((value, index) => {
    const parameter = CHAIN_PARAMETERS[index];
    const physical = rawToPhysical(parameter, value);
    if (physical >= parameter.min && physical <= parameter.max) return value;
    return physicalToRaw(parameter, Math.min(parameter.max, Math.max(parameter.min, physical)));
  });
}
