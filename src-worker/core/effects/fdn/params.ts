/**
 * Feedback delay network reverb of six lines, and its four-band EQ. Source: DiffVox fx_config.
 *
 * The decay is given at 49 frequencies, 0..22,050 Hz equally spaced, as the gain γ per shortest line (997 samples at
 * 44.1 kHz) and shown as the decay time T60 = −60·997 / (fs·20·log10 γ) seconds.
 */
import {
  coefficientParameter,
  frequencyParameter,
  gainParameter,
  qParameter,
  rangeMap,
  type Display,
  type ParameterDefinition,
} from '../../parameter.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';

/** Line lengths in samples at the fit rate. */
export const FDN_DELAYS = [997, 1153, 1327, 1559, 1801, 2099] as const;
export const FDN_LINES = FDN_DELAYS.length;
export const DECAY_BANDS = 49;
export const MAX_T60_SECONDS = 9;

const DB_PER_LINE_TIMES_SECONDS = (-60 * FDN_DELAYS[0]) / FIT_SAMPLE_RATE_HZ;
/** Largest γ: a T60 of 9 s. */
export const MAX_GAMMA = 10 ** (DB_PER_LINE_TIMES_SECONDS / MAX_T60_SECONDS / 20);

/** γ per 997 samples ↔ T60 in seconds; γ = 0 is 0 s. */
export const decayDisplay: Display = {
  toPhysical: (gamma) => (gamma <= 0 ? 0 : DB_PER_LINE_TIMES_SECONDS / (20 * Math.log10(gamma))),
  toValue: (t60Seconds) => (t60Seconds <= 0 ? 0 : 10 ** (DB_PER_LINE_TIMES_SECONDS / (20 * t60Seconds))),
};

const numbered = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const CHANNELS = ['left', 'right'] as const;

const bandHz = (band: number): number => Math.round((band * FIT_SAMPLE_RATE_HZ) / 2 / (DECAY_BANDS - 1));

const decay = (band: number): ParameterDefinition => ({
  id: `fdn.decay.${band}`,
  label: `Decay time at ${bandHz(band)} Hz`,
  help: `How long the voice rings on ${band === 0 ? 'in the deepest bass' : `around ${bandHz(band)} Hz`}: longer is a bigger room, shorter a drier one.`,
  unit: 's',
  min: 0,
  max: MAX_T60_SECONDS,
  default: 0.5,
  scale: 'log',
  step: 0.01,
  fineStep: 0.001,
  digits: 4,
  map: rangeMap(0, MAX_GAMMA),
  display: decayDisplay,
});

export const fdnInputParameters = numbered(FDN_LINES, (line) =>
  CHANNELS.map((channel) =>
    coefficientParameter(
      `fdn.input.${line}.${channel}`,
      `Input ${channel} to line ${line + 1}`,
      `Feeds the ${channel} side into line ${line + 1}: more makes this one of the six echoes of the reverb louder.`,
      '',
      2,
      1 / FDN_LINES,
    ),
  ),
).flat();

export const fdnOutputParameters = CHANNELS.map((channel) =>
  numbered(FDN_LINES, (line) =>
    coefficientParameter(
      `fdn.output.${channel}.${line}`,
      `Line ${line + 1} to output ${channel}`,
      `Brings line ${line + 1} to the ${channel} side: the more the two sides differ, the wider the reverb.`,
      '',
      2,
      0,
    ),
  ),
).flat();

export const fdnDecayParameters = numbered(DECAY_BANDS, decay);

/** Only the strict upper triangle counts: U = exp(triu(Θ,1) − triu(Θ,1)ᵀ). */
export const fdnMixingParameters = numbered(FDN_LINES, (row) =>
  numbered(FDN_LINES, (column) =>
    coefficientParameter(
      `fdn.mixing.${row}.${column}`,
      `Mixing angle ${row + 1},${column + 1}`,
      column > row
        ? `Lets lines ${row + 1} and ${column + 1} feed each other: more makes the reverb denser and smoother.`
        : 'Changes nothing: of the mixing angles only those above the diagonal are heard.',
      'rad',
      Math.PI,
      0,
    ),
  ),
).flat();

export const fdnEqParameters = [
  gainParameter(
    'fdn.pk1.gain',
    'Reverb peak 1 gain',
    'Lifts or dips the reverb around one frequency, for a warmer or cleaner room.',
  ),
  frequencyParameter(
    'fdn.pk1.freq',
    'Reverb peak 1 frequency',
    'Moves the band: near 300 Hz it changes the warmth of the room, near 1 kHz its boxiness.',
    200,
    2500,
    800,
  ),
  qParameter(
    'fdn.pk1.q',
    'Reverb peak 1 Q',
    'High values touch only a narrow part of the reverb; low ones colour the whole room gently.',
    0.1,
    3,
  ),
  gainParameter(
    'fdn.pk2.gain',
    'Reverb peak 2 gain',
    'Lifts or dips the reverb around one frequency, for a clearer or softer room.',
  ),
  frequencyParameter(
    'fdn.pk2.freq',
    'Reverb peak 2 frequency',
    'Moves the band: near 2 kHz it changes how close the room seems, near 5 kHz sharp “s” sounds in it.',
    600,
    7000,
    4000,
  ),
  qParameter(
    'fdn.pk2.q',
    'Reverb peak 2 Q',
    'High values take out one ringing note of the room; low ones colour all of it gently.',
    0.1,
    3,
  ),
  gainParameter(
    'fdn.ls.gain',
    'Reverb low shelf gain',
    'Makes the bottom of the reverb fuller, or leaner so that it does not muddy the voice.',
  ),
  frequencyParameter(
    'fdn.ls.freq',
    'Reverb low shelf frequency',
    'Sets how far up the reverb’s low shelf reaches: higher takes in more of the voice’s warmth.',
    30,
    450,
    115,
  ),
  gainParameter(
    'fdn.hs.gain',
    'Reverb high shelf gain',
    'Makes the reverb airy and shiny, or dark and discreet.',
  ),
  frequencyParameter(
    'fdn.hs.freq',
    'Reverb high shelf frequency',
    'Sets where the reverb’s brightness begins: lower takes in the consonants, higher only air.',
    1500,
    16_000,
    8000,
  ),
];

export const fdnParameters = [
  ...fdnInputParameters,
  ...fdnOutputParameters,
  ...fdnDecayParameters,
  ...fdnMixingParameters,
  ...fdnEqParameters,
];
