/** Where a fit starts when nobody says: the published neutral setting with an open reverb, and what can be measured. */
import {
  CHAIN_PARAMETERS,
  DEFAULT_LOG_DAMP_RAW,
  PARAMETER_COUNT,
  neutralRaw,
  parameterIndex,
} from '#core/chain/parameters.ts';
import { DECAY_BANDS, FDN_LINES } from '#core/effects/fdn/params.ts';
import type { Random } from '#core/optimise/random.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { FIT_PARAMETER_COUNT } from './objective.ts';

/** Output gains of the six lines: a reverb some 20 dB below the voice. The published start has 0, where no other reverb parameter has a gradient. */
const OUTPUT_GAIN = 0.1;
/** Decay time from low to high frequencies, in seconds, and the frequency at which it has fallen to the middle. */
const LOW_T60_SECONDS = 1.6;
const HIGH_T60_SECONDS = 0.4;
const MIDDLE_HZ = 4000;
const LARGEST_ANGLE = 1;

function set(raw: Float64Array, id: string, physical: number): void {
  const index = parameterIndex(id);
  raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, physical);
}

/** 152 raw values from 151, with the surrogate's damping at its published start. */
export function withDamping(raw: ArrayLike<number>): Float64Array {
  const all = new Float64Array(FIT_PARAMETER_COUNT);
  all.set(Array.from(raw).slice(0, PARAMETER_COUNT));
  all[PARAMETER_COUNT] = DEFAULT_LOG_DAMP_RAW;
  return all;
}

/** The neutral start; random mixing angles and signs make the six lines differ. */
export function openStart(random: Random): Float64Array {
  const raw = neutralRaw();
  for (let band = 0; band < DECAY_BANDS; band++) {
    const frequencyHz = (band * FIT_SAMPLE_RATE_HZ) / 2 / (DECAY_BANDS - 1);
    set(
      raw,
      `fdn.decay.${band}`,
      HIGH_T60_SECONDS + (LOW_T60_SECONDS - HIGH_T60_SECONDS) / (1 + frequencyHz / MIDDLE_HZ),
    );
  }
  for (let row = 0; row < FDN_LINES; row++)
    for (let column = row + 1; column < FDN_LINES; column++)
      raw[parameterIndex(`fdn.mixing.${row}.${column}`)] = LARGEST_ANGLE * random.signed();
  // Signs that are orthogonal between left and right make both sides of the reverb unlike each other.
  for (let line = 0; line < FDN_LINES; line++) {
    raw[parameterIndex(`fdn.input.${line}.left`)] = (line % 2 ? -1 : 1) / FDN_LINES;
    raw[parameterIndex(`fdn.input.${line}.right`)] = 1 / FDN_LINES;
    raw[parameterIndex(`fdn.output.left.${line}`)] = line % 2 ? OUTPUT_GAIN : -OUTPUT_GAIN;
    raw[parameterIndex(`fdn.output.right.${line}`)] = line % 3 ? OUTPUT_GAIN : -OUTPUT_GAIN;
  }
  return raw;
}

/** The published neutral start: a silent reverb with random mixing. */
export function neutralStart(random: Random): Float64Array {
  const raw = neutralRaw();
  for (let row = 0; row < FDN_LINES; row++)
    for (let column = row + 1; column < FDN_LINES; column++)
      raw[parameterIndex(`fdn.mixing.${row}.${column}`)] = LARGEST_ANGLE * random.signed();
  return raw;
}

/** The start with another delay time, unless that is locked. */
export function withDelayTime(raw: Float64Array, delayMs: number): Float64Array {
  const changed = raw.slice();
  set(changed, 'delay.time', delayMs);
  return changed;
}
