/**
 * Which of the 151 raw values a prior is about.
 *
 * Of the reverb's 6×6 mixing angles only those above the diagonal are heard; the other 21 hold whatever a fit started with.
 * The remaining 130 are what the published analysis (DiffVox, Yu et al., DAFx 2025) calls informative.
 */
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';

function isHeard(id: string): boolean {
  const [, row, column] = /^fdn\.mixing\.(\d+)\.(\d+)$/.exec(id) ?? [];
  return row === undefined || Number(column) > Number(row);
}

/** Positions of the 130 informative values in a raw vector, ascending. */
export const INFORMATIVE_DIMENSIONS: readonly number[] = CHAIN_PARAMETERS.flatMap(({ id }, index) =>
  isHeard(id) ? [index] : [],
);

/**
 * Positions that a mask of 151 booleans keeps. Throws UserError('bad-input') for another length, or if nothing is kept;
 * `source` is what messages call the file.
 */
export function dimensionsOfMask(mask: ArrayLike<number>, source: string): readonly number[] {
  if (mask.length !== PARAMETER_COUNT)
    throw new UserError(
      'bad-input',
      `${source} has ${mask.length} entries, but a mask says for each of the ${PARAMETER_COUNT} values whether it counts.`,
    );
  const kept = Array.from({ length: PARAMETER_COUNT }, (_, i) => i).filter((i) => mask[i] !== 0);
  if (kept.length === 0) throw new UserError('bad-input', `${source} keeps none of the values.`);
  return kept;
}

/** The parts of the chain that correlations are summed up over, with the ids that belong to each. */
export const EFFECT_GROUPS = [
  { name: 'PK1', selectors: ['eq.pk1'] },
  { name: 'PK2', selectors: ['eq.pk2'] },
  { name: 'LS', selectors: ['eq.ls'] },
  { name: 'HS', selectors: ['eq.hs'] },
  { name: 'LP', selectors: ['eq.lp'] },
  { name: 'HP', selectors: ['eq.hp'] },
  { name: 'COMP', selectors: ['comp'] },
  { name: 'SEND', selectors: ['delay.send'] },
  { name: 'DLY', selectors: ['delay'] },
  { name: 'FDN', selectors: ['fdn'] },
  { name: 'PAN', selectors: ['pan'] },
] as const;
export type EffectGroup = (typeof EFFECT_GROUPS)[number]['name'];

/** The part of the chain that a parameter belongs to. */
export function effectGroupOf(id: string): EffectGroup {
  const group = EFFECT_GROUPS.find(({ selectors }) =>
    selectors.some((selector) => id === selector || id.startsWith(`${selector}.`)),
  );
  if (!group) throw new RangeError(`“${id}” belongs to no part of the chain.`);
  return group.name;
}

/** Whether a parameter is one of the reverb network's own (gains, decay, mixing), its EQ not counted. */
export const isReverbNetwork = (id: string): boolean => /^fdn\.(input|output|decay|mixing)\./.test(id);
