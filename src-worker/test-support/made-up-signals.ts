/** Made-up sounds for tests, the same on every machine. */
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { madeUpVoice } from './made-up-voice.ts';

/** Neighbouring numbers far apart. */
const spread = (seed: number): number => Math.imul(seed, 2_654_435_761);

/** White noise of a peak, uniform. */
export function noise(length: number, seed: number, peak = 1): Float32Array {
  let state = spread(seed);
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (peak * state) / 2 ** 31;
  });
}

/** Steady partials, each [frequency in Hz, peak]. */
export function tones(length: number, ...partials: readonly (readonly [number, number])[]): Float32Array {
  return Float32Array.from({ length }, (_, n) =>
    partials.reduce(
      (sum, [frequencyHz, peak]) =>
        sum + peak * Math.sin((2 * Math.PI * frequencyHz * n) / FIT_SAMPLE_RATE_HZ + frequencyHz),
      0,
    ),
  );
}

/** {@link madeUpVoice} for seeds 1, 2, 3, …: neighbouring seeds there sing nearly the same notes. */
export function voice(seconds: number, seed: number): Float32Array {
  return madeUpVoice(seconds, spread(seed));
}
