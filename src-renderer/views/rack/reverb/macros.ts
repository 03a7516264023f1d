/**
 * Five numbers that say what the reverb's 103 coefficients and decay times do, read from a raw vector and applied to it.
 *
 *   level      20·log10 (rms C / (1/6)): 0 dB where every line is taken out as strongly as the neutral B puts it in
 *   width      100·‖S‖ / ‖M‖ %, with M = (C_left + C_right) / 2 and S = (C_left − C_right) / 2: 0 is mono, 100 % two
 *              channels that have nothing in common; turning it keeps the level
 *   diffusion  rms of the 15 mixing angles / 1 rad: 0 is six parallel echoes; 95 of 100 published presets are below 1
 *   decay      mean T60 over 125 Hz–8 kHz, every octave counting alike, as a geometric mean; turning it multiplies all
 *   damping    T60 at 1 kHz over T60 at 6 kHz; turning it tilts log T60 over log frequency from 1 kHz upwards
 *
 * Reading what was set gives it back, unless coefficients (as a whole) end at the range of their controls, or decay times
 * (one by one) at 0.02 or 8.95 s: between these every published preset lies, and fits can still move them. Every `with…` answers with a new vector and leaves the rest of it alone, with one exception: a silent
 * reverb (C = 0) that is given a level takes the outputs of a default room, and its mixing where it has none.
 */
import { CHAIN_PARAMETERS, parametersUnder } from '#core/chain/parameters.ts';
import { DECAY_BANDS, FDN_LINES } from '#core/effects/fdn/params.ts';
import {
  identityMap,
  physicalToRaw,
  plainDisplay,
  rawToPhysical,
  type ParameterDefinition,
} from '#core/parameter.ts';
import { dbToGain, FIT_SAMPLE_RATE_HZ, gainToDb } from '#core/units.ts';

export const SHORTEST_SECONDS = 0.02;
export const LONGEST_SECONDS = 8.95;

type Raw = Float64Array;
type Define = Pick<ParameterDefinition, 'label' | 'help' | 'unit' | 'min' | 'max' | 'default'> &
  Pick<ParameterDefinition, 'scale' | 'step' | 'digits'>;

/** A macro as controls want it; its raw value is its physical one. */
const define = (id: string, given: Define): ParameterDefinition => ({
  id,
  fineStep: given.step / 10,
  map: identityMap,
  display: plainDisplay,
  ...given,
});

export const levelMacro = define('reverb.level', {
  label: 'Reverb level',
  help: 'How loud the room is beside the voice: a little glues, a lot moves the singer to the back.',
  unit: 'dB',
  min: -60,
  max: 18,
  default: 0,
  scale: 'linear',
  step: 0.1,
  digits: 2,
});

/** In percent. */
export const widthMacro = define('reverb.width', {
  label: 'Reverb width',
  help: 'How far the room spreads around the voice: 0 % stays in the middle, 100 % fills both sides.',
  unit: '%',
  min: 0,
  max: 200,
  default: 100,
  scale: 'linear',
  step: 1,
  digits: 1,
});

export const diffusionMacro = define('reverb.diffusion', {
  label: 'Reverb diffusion',
  help: 'How much the echoes blend: low leaves single repeats and a metallic ring, high gives a smooth wash.',
  unit: '',
  min: 0,
  max: 1,
  default: 0.75,
  scale: 'linear',
  step: 0.01,
  digits: 4,
});

/** Mean T60 in seconds. */
export const decayMacro = define('reverb.decay', {
  label: 'Reverb decay',
  help: 'How long the voice rings on: short for a small room, seconds for a hall; all frequencies together.',
  unit: 's',
  min: 0.05,
  max: LONGEST_SECONDS,
  default: 0.5,
  scale: 'log',
  step: 0.01,
  digits: 4,
});

/** T60 at 1 kHz over T60 at 6 kHz. */
export const dampingMacro = define('reverb.damping', {
  label: 'Reverb damping',
  help: 'How much sooner sibilance dies away than the voice’s body: 1 rings alike, more is darker and softer.',
  unit: '',
  min: 0.25,
  max: 20,
  default: 1,
  scale: 'log',
  step: 0.01,
  digits: 3,
});

const LEVEL_REFERENCE = 1 / FDN_LINES;
const DIFFUSION_REFERENCE_RAD = 1;

const outputs = parametersUnder('fdn.output');
const decays = parametersUnder('fdn.decay');
/** Of the strict upper triangle, row by row: all that count. */
const angles = parametersUnder('fdn.mixing').filter(
  (_, cell) => cell % FDN_LINES > Math.floor(cell / FDN_LINES),
);

/**
 * A default room's C: both channels take every line equally strongly, and have nothing in common (their product is 0),
 * so its width is 100 %. In units of the level's reference.
 */
const DEFAULT_OUTPUTS = [1, 1, -1, 1, -1, -1, 1, -1, -1, -1, -1, 1];
/**
 * Signs of a default room's mixing angles. Of all 2¹⁴ patterns the one whose worst mixing, over angles of 0.4–1 rad, is
 * the most even (entropy of the squares of U's rows).
 */
const DEFAULT_ANGLES = [1, 1, -1, 1, -1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1];
const DEFAULT_DIFFUSION = diffusionMacro.default;

const pick = (raw: ArrayLike<number>, places: readonly number[]): number[] => places.map((i) => raw[i]!);

function place(raw: Raw, places: readonly number[], values: readonly number[]): Raw {
  const result = raw.slice();
  places.forEach((index, i) => {
    result[index] = values[i]!;
  });
  return result;
}

const norm = (values: readonly number[]): number => Math.hypot(...values);
const rms = (values: readonly number[]): number => norm(values) / Math.sqrt(values.length);

/** Coefficients, all of them made smaller by one factor where one would lie beyond the range of its control. */
function withinRange(values: readonly number[], places: readonly number[]): number[] {
  const excess = Math.max(...values.map((value, i) => Math.abs(value) / CHAIN_PARAMETERS[places[i]!]!.max));
  return excess > 1 ? values.map((value) => value / excess) : [...values];
}

/** Whether nothing of the reverb comes out (C = 0), as in the neutral setting. */
export function isReverbSilent(raw: ArrayLike<number>): boolean {
  return outputs.every((index) => raw[index] === 0);
}

/** In dB; −Infinity where the reverb is silent. */
export function reverbLevelDb(raw: ArrayLike<number>): number {
  return gainToDb(rms(pick(raw, outputs)) / LEVEL_REFERENCE);
}

/** The setting with its reverb at a level; a silent one becomes a default room. −Infinity silences. */
export function withReverbLevel(raw: Raw, levelDb: number): Raw {
  const gain = LEVEL_REFERENCE * dbToGain(levelDb);
  if (!isReverbSilent(raw)) {
    const present = pick(raw, outputs);
    const factor = gain / rms(present);
    return place(
      raw,
      outputs,
      withinRange(
        present.map((value) => factor * value),
        outputs,
      ),
    );
  }
  if (gain === 0) return raw.slice();
  const room = place(
    raw,
    outputs,
    withinRange(
      DEFAULT_OUTPUTS.map((value) => gain * value),
      outputs,
    ),
  );
  return reverbDiffusion(raw) === 0 ? withReverbDiffusion(room, DEFAULT_DIFFUSION) : room;
}

interface MidSide {
  readonly mid: number[];
  readonly side: number[];
}

function midSide(raw: ArrayLike<number>): MidSide {
  const coefficients = pick(raw, outputs);
  const [left, right] = [coefficients.slice(0, FDN_LINES), coefficients.slice(FDN_LINES)];
  return {
    mid: left.map((value, line) => (value + right[line]!) / 2),
    side: left.map((value, line) => (value - right[line]!) / 2),
  };
}

/** In percent; Infinity where nothing is left in the middle, 100 where the reverb is silent. */
export function reverbWidthPercent(raw: ArrayLike<number>): number {
  if (isReverbSilent(raw)) return 100;
  const { mid, side } = midSide(raw);
  return (100 * norm(side)) / norm(mid);
}

/** The setting with its reverb at a width and as loud as before; a silent one stays as it is. */
export function withReverbWidth(raw: Raw, widthPercent: number): Raw {
  if (isReverbSilent(raw)) return raw.slice();
  const { mid, side } = midSide(raw);
  const level = Math.hypot(norm(mid), norm(side));
  const ratio = widthPercent / 100;
  const midGoal = level / Math.hypot(1, ratio);
  // What is not there at all cannot be scaled: every other line of the other, turned over.
  const other = (values: readonly number[]): number[] =>
    values.map((value, line) => (line % 2 === 0 ? value : -value));
  const scaled = (values: readonly number[], substitute: readonly number[], goal: number): number[] => {
    const source = norm(values) > 0 ? values : other(substitute);
    return source.map((value) => (value * goal) / norm(source));
  };
  const newMid = scaled(mid, side, midGoal);
  const newSide = scaled(side, mid, ratio * midGoal);
  const coefficients = [
    ...newMid.map((value, line) => value + newSide[line]!),
    ...newMid.map((value, line) => value - newSide[line]!),
  ];
  return place(raw, outputs, withinRange(coefficients, outputs));
}

/** 0 (six parallel echoes) to 1 and beyond. */
export function reverbDiffusion(raw: ArrayLike<number>): number {
  return rms(pick(raw, angles)) / DIFFUSION_REFERENCE_RAD;
}

/** The setting with its mixing angles scaled; those of a default room where there are none. */
export function withReverbDiffusion(raw: Raw, diffusion: number): Raw {
  const present = pick(raw, angles);
  const source = norm(present) > 0 ? present : DEFAULT_ANGLES;
  const factor = (diffusion * DIFFUSION_REFERENCE_RAD) / rms(source);
  return place(
    raw,
    angles,
    withinRange(
      source.map((angle) => factor * angle),
      angles,
    ),
  );
}

/** Between two decay points. */
export const BAND_HZ = FIT_SAMPLE_RATE_HZ / 2 / (DECAY_BANDS - 1);
const DECAY_FROM_HZ = 125;
const DECAY_TO_HZ = 8000;
const PIVOT_HZ = 1000;
const HIGH_HZ = 6000;

/** Octaves of 125 Hz–8 kHz for which each decay point stands, as shares of all. */
const DECAY_SHARES = Array.from({ length: DECAY_BANDS }, (_, band) => {
  const within = (hz: number): number => Math.min(Math.max(hz, DECAY_FROM_HZ), DECAY_TO_HZ);
  return (
    Math.log(within((band + 0.5) * BAND_HZ) / within((band - 0.5) * BAND_HZ)) /
    Math.log(DECAY_TO_HZ / DECAY_FROM_HZ)
  );
});
/** How far up the tilt a decay point lies: 0 up to 1 kHz, 1 at 6 kHz. */
const TILTS = Array.from(
  { length: DECAY_BANDS },
  (_, band) => Math.max(0, Math.log((band * BAND_HZ) / PIVOT_HZ)) / Math.log(HIGH_HZ / PIVOT_HZ),
);

/** T60 at the 49 points, in seconds. */
export function decayTimes(raw: ArrayLike<number>): number[] {
  return decays.map((index) => rawToPhysical(CHAIN_PARAMETERS[index]!, raw[index]!));
}

/** The setting with other T60 at the 49 points, each brought into its range; those that stay keep their raw value. */
export function withDecayTimes(raw: Raw, seconds: readonly number[]): Raw {
  const present = decayTimes(raw);
  return place(
    raw,
    decays,
    decays.map((index, band) => {
      if (seconds[band] === present[band]) return raw[index]!;
      const parameter = CHAIN_PARAMETERS[index]!;
      return physicalToRaw(parameter, Math.min(parameter.max, Math.max(parameter.min, seconds[band]!)));
    }),
  );
}

const meanSeconds = (times: readonly number[]): number =>
  Math.exp(
    DECAY_SHARES.reduce((sum, share, band) => (share > 0 ? sum + share * Math.log(times[band]!) : sum), 0),
  );

/** T60 between two points, evenly in log T60 over frequency. */
function secondsAt(times: readonly number[], hz: number): number {
  const band = Math.floor(hz / BAND_HZ);
  const fraction = hz / BAND_HZ - band;
  return times[band]! ** (1 - fraction) * times[band + 1]! ** fraction;
}

const BISECTIONS = 60;

/** Where between two ends a function that only rises meets a goal; the nearest end where it does not. */
export function solveRising(
  rising: (x: number) => number,
  goal: number,
  [from, to]: readonly [number, number] = [-40, 40],
): number {
  let [low, high] = [from, to];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < goal) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Each T60 times 2^(exponent·weight), not beyond 0.02–8.95 s; what lies beyond already goes no further out. */
export function stretched(times: readonly number[], weights: readonly number[], exponent: number): number[] {
  return times.map((seconds, band) => {
    const wanted = seconds * 2 ** (exponent * weights[band]!);
    if (wanted === seconds) return seconds;
    return Math.min(
      Math.max(seconds, LONGEST_SECONDS),
      Math.max(Math.min(seconds, SHORTEST_SECONDS), wanted),
    );
  });
}

const EVERYWHERE = DECAY_SHARES.map(() => 1);

/** In seconds. */
export function reverbDecaySeconds(raw: ArrayLike<number>): number {
  return meanSeconds(decayTimes(raw));
}

/** The setting with all its T60 times one factor, so that their mean is `seconds`. */
export function withReverbDecay(raw: Raw, seconds: number): Raw {
  const times = decayTimes(raw);
  if (meanSeconds(times) === seconds) return raw.slice();
  const exponent = solveRising((x) => meanSeconds(stretched(times, EVERYWHERE, x)), seconds);
  return withDecayTimes(raw, stretched(times, EVERYWHERE, exponent));
}

const dampingOf = (times: readonly number[]): number =>
  secondsAt(times, PIVOT_HZ) / secondsAt(times, HIGH_HZ);

/** T60 at 1 kHz over T60 at 6 kHz. */
export function reverbDamping(raw: ArrayLike<number>): number {
  return dampingOf(decayTimes(raw));
}

/** The setting with its T60 from 1 kHz upwards tilted. */
export function withReverbDamping(raw: Raw, damping: number): Raw {
  const times = decayTimes(raw);
  if (dampingOf(times) === damping) return raw.slice();
  const exponent = solveRising((x) => 1 / dampingOf(stretched(times, TILTS, x)), 1 / damping);
  return withDecayTimes(raw, stretched(times, TILTS, exponent));
}

/** What a macro is, how it is read, how it is applied, and what it turns. */
export interface ReverbMacro {
  readonly parameter: ParameterDefinition;
  /** Name within its group. */
  readonly label: string;
  read(raw: ArrayLike<number>): number;
  apply(raw: Raw, value: number): Raw;
  /** Ids of the parameters that it turns. */
  readonly turns: readonly string[];
}

const idsOf = (places: readonly number[]): string[] => places.map((index) => CHAIN_PARAMETERS[index]!.id);

export const REVERB_LEVEL: ReverbMacro = {
  parameter: levelMacro,
  label: 'Level',
  read: reverbLevelDb,
  apply: withReverbLevel,
  turns: idsOf(outputs),
};

export const REVERB_MACROS: readonly ReverbMacro[] = [
  REVERB_LEVEL,
  {
    parameter: widthMacro,
    label: 'Width',
    read: reverbWidthPercent,
    apply: withReverbWidth,
    turns: idsOf(outputs),
  },
  {
    parameter: diffusionMacro,
    label: 'Diffusion',
    read: reverbDiffusion,
    apply: withReverbDiffusion,
    turns: idsOf(angles),
  },
  {
    parameter: decayMacro,
    label: 'Decay',
    read: reverbDecaySeconds,
    apply: withReverbDecay,
    turns: idsOf(decays),
  },
  {
    parameter: dampingMacro,
    label: 'Damping',
    read: reverbDamping,
    apply: withReverbDamping,
    turns: idsOf(decays),
  },
];
