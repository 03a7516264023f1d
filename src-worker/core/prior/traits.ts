/**
 * What a setting sounds like in a few numbers, each with the step by which a listener notices a change, so that changes of
 * different kinds can be compared. Everything is read from the curves that the chain draws, not from single parameters:
 * a darker reverb is darker, whether its EQ or its decay makes it so.
 */
import { valuesOf } from '../chain/parameters.ts';
import { compGainDb } from '../effects/comp/response.ts';
import { compressorValues } from '../effects/comp/training.ts';
import { delayValues } from '../effects/delay/training.ts';
import { eqResponseDb } from '../effects/eq/response.ts';
import { reverbEqResponseDb } from '../effects/fdn/response.ts';
import { DECAY_BANDS, decayDisplay } from '../effects/fdn/params.ts';
import { fdnValues } from '../effects/fdn/training.ts';
import { FIT_SAMPLE_RATE_HZ, gainToDb } from '../units.ts';

interface Trait {
  /** What is described. */
  readonly noun: 'voice' | 'compression' | 'echoes' | 'reverb';
  /** Words for more and for less of it. */
  readonly more: string;
  readonly less: string;
  /** The least change that is noticed, in the number's own unit. */
  readonly step: number;
}

/** In the order in which words stand before their noun. */
export const TRAITS = {
  voiceLevel: { noun: 'voice', more: 'louder', less: 'quieter', step: 1.5 },
  voiceBody: { noun: 'voice', more: 'fuller', less: 'thinner', step: 1.5 },
  voicePresence: { noun: 'voice', more: 'more present', less: 'softer', step: 1.5 },
  voiceAir: { noun: 'voice', more: 'brighter', less: 'darker', step: 1.5 },
  voicePan: { noun: 'voice', more: 'right-hand', less: 'left-hand', step: 10 },
  compression: { noun: 'compression', more: 'firmer', less: 'gentler', step: 1.5 },
  attack: { noun: 'compression', more: 'slower-attack', less: 'faster-attack', step: 1 },
  release: { noun: 'compression', more: 'slower-release', less: 'faster-release', step: 1 },
  echoLevel: { noun: 'echoes', more: 'louder', less: 'quieter', step: 3 },
  echoTime: { noun: 'echoes', more: 'slower', less: 'quicker', step: 0.3 },
  echoRepeats: { noun: 'echoes', more: 'more', less: 'fewer', step: 1 },
  echoTone: { noun: 'echoes', more: 'brighter', less: 'darker', step: 0.7 },
  echoWidth: { noun: 'echoes', more: 'wider', less: 'narrower', step: 30 },
  reverbLevel: { noun: 'reverb', more: 'louder', less: 'quieter', step: 2 },
  reverbLength: { noun: 'reverb', more: 'longer', less: 'shorter', step: 0.2 },
  reverbTone: { noun: 'reverb', more: 'brighter', less: 'darker', step: 1.5 },
  reverbWidth: { noun: 'reverb', more: 'wider', less: 'narrower', step: 0.25 },
} as const satisfies Readonly<Record<string, Trait>>;
export type TraitName = keyof typeof TRAITS;
export const TRAIT_NAMES = Object.keys(TRAITS) as readonly TraitName[];

export type Traits = Readonly<Record<TraitName, number>>;

/** Sixths of octaves of four regions of a voice. */
const BODY_HZ = spread(100, 350);
const MIDDLE_HZ = spread(350, 2000);
const PRESENCE_HZ = spread(2000, 5000);
const AIR_HZ = spread(7000, 15_000);
const LOUD_DB = -12;
const USUAL_DB = -20;
const QUIET_DB = -40;
/** Below this, in dB, echoes are not heard, and how they sound does not matter. */
const HEARD_DB = -40;

function spread(fromHz: number, toHz: number): readonly number[] {
  const count = Math.round(6 * Math.log2(toHz / fromHz));
  return Array.from({ length: count + 1 }, (_, i) => fromHz * (toHz / fromHz) ** (i / count));
}

const average = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** The numbers of a raw vector of 151 finite values; all finite. Times are logarithms to base 2. */
export function traitsOf(raw: ArrayLike<number>): Traits {
  const eq = valuesOf(raw, 'eq');
  const gain = (freqHz: readonly number[]): number =>
    average(eqResponseDb(eq, [], freqHz, FIT_SAMPLE_RATE_HZ).map((db) => Math.max(-60, db)));
  const middle = gain(MIDDLE_HZ);
  return {
    ...dynamicsTraits(valuesOf(raw, 'comp'), middle),
    voiceBody: gain(BODY_HZ) - middle,
    voicePresence: gain(PRESENCE_HZ) - middle,
    voiceAir: gain(AIR_HZ) - middle,
    voicePan: 200 * valuesOf(raw, 'pan')[0] - 100,
    ...echoTraits(valuesOf(raw, 'delay')),
    ...reverbTraits(valuesOf(raw, 'fdn')),
  };
}

function dynamicsTraits(
  values: Float64Array,
  middleDb: number,
): Pick<Traits, 'voiceLevel' | 'compression' | 'attack' | 'release'> {
  const { makeupDb, attack, release } = compressorValues(values);
  const octaves = (coefficient: number): number =>
    Math.min(30, -Math.log2(Math.max(1e-9, -Math.log1p(-Math.min(coefficient, 1 - 1e-9)))));
  return {
    voiceLevel: middleDb + makeupDb + Math.max(-60, compGainDb(values, USUAL_DB)),
    compression: Math.max(-60, compGainDb(values, QUIET_DB)) - Math.max(-60, compGainDb(values, LOUD_DB)),
    attack: octaves(attack),
    release: octaves(release),
  };
}

function echoTraits(
  values: Float64Array,
): Pick<Traits, 'echoLevel' | 'echoTime' | 'echoRepeats' | 'echoTone' | 'echoWidth'> {
  const { timeMs, feedback, gain, lowPassHz, oddPan, evenPan } = delayValues(values);
  const levelDb = Math.max(HEARD_DB, gainToDb(gain));
  const heard = (value: number): number => (levelDb > HEARD_DB ? value : 0);
  const decayDb = Math.max(0.1, -gainToDb(Math.max(1e-6, feedback)));
  return {
    echoLevel: levelDb,
    echoTime: heard(Math.log2(timeMs)),
    echoRepeats: heard(Math.log2(1 + (levelDb - HEARD_DB) / decayDb)),
    echoTone: heard(Math.log2(lowPassHz)),
    echoWidth: heard(100 * Math.abs(oddPan - evenPan)),
  };
}

function reverbTraits(
  values: Float64Array,
): Pick<Traits, 'reverbLevel' | 'reverbLength' | 'reverbTone' | 'reverbWidth'> {
  const { input, output, gamma } = fdnValues(values);
  const seconds = Array.from(gamma, (value) => Math.max(0.01, decayDisplay.toPhysical(value)));
  const lengthAt = (fromHz: number, toHz: number): number => {
    const found = seconds.filter((_, band) => {
      const hz = (band * FIT_SAMPLE_RATE_HZ) / 2 / (DECAY_BANDS - 1);
      return hz >= fromHz && hz <= toHz;
    });
    return found.reduce((sum, time) => sum + Math.log2(time), 0) / found.length;
  };
  const low = lengthAt(400, 2000);
  const high = lengthAt(5000, 12_000);
  const eq = (freqHz: readonly number[]): number =>
    average(reverbEqResponseDb(values, freqHz, FIT_SAMPLE_RATE_HZ));
  const power = (gains: Float64Array): number => gains.reduce((sum, x) => sum + x * x, 1e-12);
  const half = output.length / 2;
  const left = output.subarray(0, half);
  const right = output.subarray(half);
  const together = left.reduce((sum, x, i) => sum + x * right[i], 0) / Math.sqrt(power(left) * power(right));
  return {
    // The energy of a decay is proportional to its length.
    reverbLevel: Math.max(-60, 10 * Math.log10(power(input) * power(output)) + 3 * low + eq(MIDDLE_HZ)),
    reverbLength: low,
    reverbTone: 3 * (high - low) + eq(AIR_HZ) - eq(MIDDLE_HZ),
    reverbWidth: 1 - together,
  };
}
