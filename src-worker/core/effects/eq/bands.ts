/** The EQ's bands by name, and which of them are heard. */
import type { Bypassable, EqBandId } from '../../protocol/schemas.ts';

/** The bands in signal order, as the protocol has them, whose schemas have no place in an audio thread. */
export const EQ_BAND_IDS = [
  'eq.pk1',
  'eq.pk2',
  'eq.ls',
  'eq.hs',
  'eq.lp',
  'eq.hp',
] as const satisfies readonly EqBandId[];

/** Whether a name is that of a band, not of an effect. */
export function isEqBand(name: Bypassable): name is EqBandId {
  return (EQ_BAND_IDS as readonly Bypassable[]).includes(name);
}

/** 0 for every band that is bypassed and 1 for the others, in signal order; names of effects do nothing. */
export function bandWeights(bypassed: readonly Bypassable[]): number[] {
  return EQ_BAND_IDS.map((band) => (bypassed.includes(band) ? 0 : 1));
}
