/**
 * The settings of the demo's finished version: what an engineer might choose for a ballad. Warm mud out, presence and
 * air in, firm compression, an echo of three sixteenths, and a plate-like reverb that is darker the longer it lasts.
 */
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex } from '#core/chain/parameters.ts';
import { DECAY_BANDS, FDN_LINES } from '#core/effects/fdn/params.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { TEMPO_BPM } from './score.ts';

const BEAT_MS = 60_000 / TEMPO_BPM;

/** Physical values, in the units of the parameters' table. */
const SETTINGS: Readonly<Record<string, number>> = {
  'eq.hp.freq': 90,
  'eq.hp.q': 0.707,
  'eq.ls.gain': -1.5,
  'eq.ls.freq': 150,
  'eq.pk1.gain': -4,
  'eq.pk1.freq': 380,
  'eq.pk1.q': 0.9,
  'eq.pk2.gain': 3,
  'eq.pk2.freq': 3200,
  'eq.pk2.q': 0.8,
  'eq.hs.gain': 5,
  'eq.hs.freq': 7000,
  'eq.lp.freq': 17_000,
  'eq.lp.q': 0.707,

  'comp.threshold': -28,
  'comp.ratio': 3.5,
  'comp.attack': 12,
  'comp.release': 140,
  'comp.averaging': 1,
  'comp.lookahead': 1,
  'comp.makeup': 6.8,
  'comp.expander_threshold': -55,
  'comp.expander_ratio': 0.7,

  'delay.time': 0.75 * BEAT_MS,
  'delay.feedback': 0.3,
  'delay.gain': 0.2,
  'delay.lp.freq': 6500,
  'delay.lp.q': 0.6,
  'delay.odd_pan': -65,
  'delay.even_pan': 65,
  'delay.send': 0.3,

  'fdn.ls.gain': -4,
  'fdn.ls.freq': 250,
  'fdn.pk1.gain': -2,
  'fdn.pk1.freq': 600,
  'fdn.pk1.q': 0.7,
  'fdn.pk2.gain': 1.5,
  'fdn.pk2.freq': 2800,
  'fdn.pk2.q': 0.7,
  'fdn.hs.gain': -3,
  'fdn.hs.freq': 8000,

  pan: 0,
};

const LOW_T60_SECONDS = 1.7;
const HIGH_T60_SECONDS = 0.45;
/** Where the decay time has fallen half way. */
const MIDDLE_HZ = 5000;

const INPUT_GAIN = 0.25;
const OUTPUT_GAIN = 0.13;
/** Signs of the lines; rows are orthogonal or nearly so, which makes left and right unlike each other. */
const INPUT_SIGNS = { left: [1, -1, 1, -1, 1, -1], right: [1, 1, -1, -1, 1, 1] };
const OUTPUT_SIGNS = { left: [1, 1, 1, -1, -1, 1], right: [1, -1, 1, 1, -1, -1] };
/** Angles in rad by which pairs of lines are mixed, the strict upper triangle row by row: every line feeds every other. */
const MIXING_ANGLES = [0.8, -0.6, 0.5, 0.9, -0.4, 0.7, -0.9, 0.3, 0.6, 0.8, -0.5, -0.7, 0.6, 0.4, -0.8];

function reverbSettings(): Record<string, number> {
  const settings: Record<string, number> = {};
  for (let band = 0; band < DECAY_BANDS; band++) {
    const hz = (band * FIT_SAMPLE_RATE_HZ) / 2 / (DECAY_BANDS - 1);
    settings[`fdn.decay.${band}`] =
      HIGH_T60_SECONDS + (LOW_T60_SECONDS - HIGH_T60_SECONDS) / (1 + (hz / MIDDLE_HZ) ** 2);
  }
  const angles = MIXING_ANGLES.values();
  for (let line = 0; line < FDN_LINES; line++) {
    for (const side of ['left', 'right'] as const) {
      settings[`fdn.input.${line}.${side}`] = INPUT_GAIN * INPUT_SIGNS[side][line]!;
      settings[`fdn.output.${side}.${line}`] = OUTPUT_GAIN * OUTPUT_SIGNS[side][line]!;
    }
    for (let other = line + 1; other < FDN_LINES; other++)
      settings[`fdn.mixing.${line}.${other}`] = angles.next().value!;
  }
  return settings;
}

/** The 151 raw values of the finished version. */
export function demoRaw(): Float64Array {
  const raw = neutralRaw();
  for (const [id, physical] of Object.entries({ ...SETTINGS, ...reverbSettings() })) {
    const index = parameterIndex(id);
    raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, physical);
  }
  return raw;
}
