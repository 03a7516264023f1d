/** The rack's panels, in signal order. */
import type { Component } from 'svelte';
import type { EffectId } from '#core/protocol/schemas.ts';
import { EFFECT_NAMES } from '../../lib/state/effect-names.ts';
import DelayPanel from './delay/delay-panel.svelte';
import DynamicsPanel from './dynamics/dynamics-panel.svelte';
import EqPanel from './eq/eq-panel.svelte';
import OutputPanel from './output/output-panel.svelte';
import ReverbPanel from './reverb/reverb-panel.svelte';

export interface RackEffect {
  readonly effect: EffectId;
  readonly name: string;
  /** What it does to a vocal, in one sentence. */
  readonly help: string;
  /** Takes no properties: it is about the session that is open. Fills the space it is given, whatever that is. */
  readonly Panel: Component;
}

export const RACK_EFFECTS: readonly RackEffect[] = [
  {
    effect: 'eq',
    name: EFFECT_NAMES.eq,
    help: 'Balances the tone: takes out what is boomy or harsh, brings out body, presence and air.',
    Panel: EqPanel,
  },
  {
    effect: 'comp',
    name: EFFECT_NAMES.comp,
    help: 'Evens out loud and quiet words, and turns down what is between them.',
    Panel: DynamicsPanel,
  },
  {
    effect: 'delay',
    name: EFFECT_NAMES.delay,
    help: 'Repeats the voice from left to right, so that it fills the gaps and sits in a rhythm.',
    Panel: DelayPanel,
  },
  {
    effect: 'fdn',
    name: EFFECT_NAMES.fdn,
    help: 'Puts the voice into a room: how large it is, how bright, how near.',
    Panel: ReverbPanel,
  },
  {
    effect: 'pan',
    name: EFFECT_NAMES.pan,
    help: 'Places the direct voice, and shows how loud everything is at the end.',
    Panel: OutputPanel,
  },
];
