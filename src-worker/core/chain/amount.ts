/**
 * How much of a setting is heard: from nothing (0 %) through the setting as it is (100 %) to more of the same (150 %).
 * An effect's weight w is the product of its own amount and that of the whole chain. With w, what is heard moves thus:
 *
 *   EQ          gains in dB: w·g; low-pass and high-pass: in log frequency from the end of their range, their resonance in
 *               log Q from 0.707. Frequencies and Qs of peaks and shelves stay: half a cut is a cut of the same shape.
 *   compressor  slopes: 1 − 1/R → w (1 − 1/R), so every gain in dB, make-up too, is w times what it was. Thresholds and times
 *               stay.
 *   delay       its level: w·gain. The send stays, as it is taken after that level; so do feedback, time and colour.
 *   reverb      its level: all of C times w, by which its colour and width stay.
 *   pan         in a line from the middle.
 *
 * Nothing leaves its parameter's range (a published value that lies outside may go as far as it does at 100 %). At 0 %
 * filters at the ends of their ranges are still heard a little, and levels are only very small; therefore effects at 0 % are
 * to be bypassed: see {@link silentEffects}.
 */
import { EQ_BAND_IDS } from '../effects/eq/bands.ts';
import { SHELF_Q } from '../effects/eq/params.ts';
import type { ParameterDefinition } from '../parameter.ts';
import type { Bypassable, EffectId, EqBandId } from '../protocol/schemas.ts';
import { CHAIN_PARAMETERS, parameterIndex, parametersUnder } from './parameters.ts';

export const MAX_AMOUNT_PERCENT = 150;

/** In percent. `all` multiplies the others. */
export type Amounts = Readonly<Record<EffectId | 'all', number>>;

export const FULL_AMOUNTS: Amounts = { all: 100, eq: 100, comp: 100, delay: 100, fdn: 100, pan: 100 };

const EFFECTS = ['eq', 'comp', 'delay', 'fdn', 'pan'] as const satisfies readonly EffectId[];

/** An effect's weight, 0..1.5: its amount times that of the whole chain. */
export function amountWeight(amounts: Amounts, effect: EffectId): number {
  const weight = (amounts.all / 100) * (amounts[effect] / 100);
  return Math.min(Math.max(weight, 0), MAX_AMOUNT_PERCENT / 100);
}

/** Effects that are to be inaudible: callers bypass them, which {@link applyAmounts} alone cannot quite do. */
export function silentEffects(amounts: Amounts): EffectId[] {
  return EFFECTS.filter((effect) => amountWeight(amounts, effect) === 0);
}

/** A value of the setting, to be heard at a weight other than 1. */
interface Move {
  readonly index: number;
  /** DSP value at a weight, from that of the setting. */
  readonly at: (value: number, weight: number) => number;
}

const scaled = (value: number, weight: number): number => weight * value;
const inLogFrom =
  (neutral: number) =>
  (value: number, weight: number): number =>
    neutral * (value / neutral) ** weight;
const compressorRatio = (ratio: number, weight: number): number =>
  1 / Math.max(0, 1 - weight * (1 - 1 / ratio));
const expanderRatio = (ratio: number, weight: number): number =>
  weight === 0 ? 1 : 1 / (1 + weight * (1 / ratio - 1));
const fromMiddle = (position: number, weight: number): number => 0.5 + weight * (position - 0.5);

const move = (id: string, at: Move['at']): Move => ({ index: parameterIndex(id), at });
const endOfRange = (id: string, end: 'min' | 'max'): number => CHAIN_PARAMETERS[parameterIndex(id)]![end];

/** What every EQ band does on the way to nothing. */
const BAND_MOVES: Readonly<Record<EqBandId, readonly Move[]>> = {
  'eq.pk1': [move('eq.pk1.gain', scaled)],
  'eq.pk2': [move('eq.pk2.gain', scaled)],
  'eq.ls': [move('eq.ls.gain', scaled)],
  'eq.hs': [move('eq.hs.gain', scaled)],
  'eq.lp': [
    move('eq.lp.freq', inLogFrom(endOfRange('eq.lp.freq', 'max'))),
    move('eq.lp.q', inLogFrom(SHELF_Q)),
  ],
  'eq.hp': [
    move('eq.hp.freq', inLogFrom(endOfRange('eq.hp.freq', 'min'))),
    move('eq.hp.q', inLogFrom(SHELF_Q)),
  ],
};

const reverbLevels = parametersUnder('fdn.output');

const MOVES: Readonly<Record<EffectId, readonly Move[]>> = {
  eq: EQ_BAND_IDS.flatMap((band) => BAND_MOVES[band]),
  comp: [
    move('comp.makeup', scaled),
    move('comp.ratio', compressorRatio),
    move('comp.expander_ratio', expanderRatio),
  ],
  delay: [move('delay.gain', scaled)],
  fdn: reverbLevels.map((index) => ({ index, at: scaled })),
  pan: [move('pan', fromMiddle)],
};

/** The DSP value, held in the parameter's range or at `set`, whichever is further out. */
function held({ display, min, max }: ParameterDefinition, value: number, set: number): number {
  const lowest = Math.min(display.toValue(min), set);
  const highest = Math.max(display.toValue(max), set);
  return Math.min(Math.max(value, lowest), highest);
}

function applyMoves(raw: Float64Array, moves: readonly Move[], weight: number): void {
  for (const { index, at } of moves) {
    const parameter = CHAIN_PARAMETERS[index]!;
    const set = parameter.map.toValue(raw[index]!);
    raw[index] = parameter.map.toRaw(held(parameter, at(set, weight), set));
  }
}

/** The weight of the reverb's levels that leaves the largest of them in its range: they keep their proportions. */
function reverbWeight(raw: Float64Array, weight: number): number {
  const largest = reverbLevels.reduce((most, index) => Math.max(most, Math.abs(raw[index]!)), 0);
  const limit = CHAIN_PARAMETERS[reverbLevels[0]!]!.max;
  return largest === 0 ? weight : Math.min(weight, Math.max(1, limit / largest));
}

/** The raw vector that is heard; `raw` itself where every effect is at 100 %. */
export function applyAmounts(raw: Float64Array, amounts: Amounts): Float64Array {
  const changed = EFFECTS.filter((effect) => amountWeight(amounts, effect) !== 1);
  if (changed.length === 0) return raw;
  const heard = raw.slice();
  for (const effect of changed) {
    const weight = amountWeight(amounts, effect);
    applyMoves(heard, MOVES[effect], effect === 'fdn' ? reverbWeight(heard, weight) : weight);
  }
  return heard;
}

/**
 * The setting as it is heard, with all amounts at 100 % and nothing bypassed: for presets, sheets and other programs. What is
 * bypassed is as at 0 %, as far as parameters go: the low-pass at the top of its range, the high-pass at the bottom, levels
 * below −300 dB. `raw` itself where there is nothing to do.
 */
export function bakeSetting(
  raw: Float64Array,
  amounts: Amounts,
  bypassed: readonly Bypassable[] = [],
): Float64Array {
  const weights: Amounts = {
    ...amounts,
    ...Object.fromEntries(EFFECTS.filter((effect) => bypassed.includes(effect)).map((effect) => [effect, 0])),
  };
  const heard = applyAmounts(raw, weights);
  const bands = EQ_BAND_IDS.filter((band) => bypassed.includes(band));
  if (bands.length === 0) return heard;
  const baked = heard.slice();
  for (const band of bands) applyMoves(baked, BAND_MOVES[band], 0);
  return baked;
}
