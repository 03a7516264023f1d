/** What every kernel of the dynamics knows of the parameters: one buffer, written once for a setting. */
import { LOOKAHEAD_TAPS_AFTER, LOOKAHEAD_TAPS_BEFORE, lookaheadTaps } from '#core/effects/comp/training.ts';
import { lookaheadTapSlopes } from '#core/effects/comp/training-adjoint.ts';
import { dbToGain } from '#core/units.ts';
import { SMALLEST_RATIO, dynamicsAt as at } from '../../dynamics-values.ts';
import { CHUNK, LINK_WGSL, STATE_WGSL } from './chunks.ts';

/** Taps are read four at a time. */
export const TAP_QUADS = Math.ceil((LOOKAHEAD_TAPS_BEFORE + 1 + LOOKAHEAD_TAPS_AFTER) / 4);
const TAPS = TAP_QUADS * 4;
const NUMBERS = 12;

export const SETTINGS_LENGTH = NUMBERS + 3 * TAPS + 4;

export const SETTINGS_WGSL = /* wgsl */ `
struct Settings {
  /** 1; only the host knows. */
  one: f32,
  averaging: f32,
  /** 1 − (1 − averaging)^CHUNK */
  averagingLost: f32,
  attack: f32,
  release: f32,
  /** −ln(1 − attack), −ln(1 − release) */
  attackNepers: f32,
  releaseNepers: f32,
  makeup: f32,
  threshold: f32,
  slope: f32,
  expanderThreshold: f32,
  expanderSlope: f32,
  /** The lookahead's taps, zeros behind them, and their derivatives by the lookahead; the taps from last to first. */
  taps: array<vec4f, ${TAP_QUADS}>,
  slopes: array<vec4f, ${TAP_QUADS}>,
  reversedTaps: array<vec4f, ${TAP_QUADS}>,
  /** Sums of the taps and of the slopes. */
  tapSum: f32,
  slopeSum: f32,
}
`;

/** What every walking kernel starts with; its own bindings go on from 2. */
export const WALK_BINDINGS = /* wgsl */ `
${SETTINGS_WGSL}${LINK_WGSL}${STATE_WGSL}
@group(0) @binding(0) var<storage, read> settings: Settings;
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
`;

/** Decay of one sample in nepers; a coefficient of 1 forgets everything, which e^−1000 is in float32. */
const nepers = (coefficient: number): number => Math.min(1000, -Math.log1p(-Math.min(1, coefficient)));

/** The buffer's numbers for DSP values (indexed as rawToValues gives them). */
export function dynamicsSettings(values: Float64Array): Float32Array {
  const settings = new Float32Array(SETTINGS_LENGTH);
  settings.set([
    1,
    values[at.averaging]!,
    -Math.expm1(-CHUNK * nepers(values[at.averaging]!)),
    values[at.attack]!,
    values[at.release]!,
    nepers(values[at.attack]!),
    nepers(values[at.release]!),
    dbToGain(values[at.makeup]!),
    values[at.threshold]!,
    1 - 1 / values[at.ratio]!,
    values[at.expanderThreshold]!,
    1 - 1 / Math.max(SMALLEST_RATIO, values[at.expanderRatio]!),
  ]);
  const taps = lookaheadTaps(values[at.lookahead]!);
  const slopes = lookaheadTapSlopes(values[at.lookahead]!);
  settings.set(taps, NUMBERS);
  settings.set(slopes, NUMBERS + TAPS);
  settings.set(taps.toReversed(), NUMBERS + 3 * TAPS - taps.length);
  const sum = (numbers: Float64Array): number => numbers.reduce((total, number) => total + number, 0);
  settings.set([sum(taps), sum(slopes)], NUMBERS + 3 * TAPS);
  return settings;
}
