/** What the effects of the chain are called, wherever the window names them. */
import type { EffectId } from '#core/protocol/schemas.ts';

export const EFFECT_NAMES: Readonly<Record<EffectId, string>> = {
  eq: 'EQ',
  comp: 'Dynamics',
  delay: 'Delay',
  fdn: 'Reverb',
  pan: 'Output',
};
