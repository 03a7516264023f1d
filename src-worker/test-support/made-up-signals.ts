/** Made-up sounds for tests, the same on every machine. */
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';

/** A generator of uniform numbers in −1..1. */
function generator(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) | 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31;
}

/** White noise of a peak. */
export function noise(length: number, seed: number, peak = 1): Float32Array {
  const next = generator(seed);
  return Float32Array.from({ length }, () => peak * next());
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

const NOTE_SECONDS = 0.35;

/** Something like a voice: harmonics of a wavering tone that changes its note, two formants, breath, and pauses. */
export function voice(seconds: number, seed: number): Float32Array {
  const next = generator(seed);
  const length = Math.round(seconds * FIT_SAMPLE_RATE_HZ);
  const notes = Array.from({ length: Math.ceil(seconds / NOTE_SECONDS) + 1 }, () => ({
    frequencyHz: 130 * 2 ** ((next() + 1) / 1.5),
    formants: [550 + 250 * next(), 1700 + 600 * next()],
    level: next() < -0.6 ? 0.03 : 0.6 + 0.4 * next(),
  }));
  let phase = 0;
  let level = 0;
  return Float32Array.from({ length }, (_, n) => {
    const t = n / FIT_SAMPLE_RATE_HZ;
    const note = notes[Math.floor(t / NOTE_SECONDS)]!;
    const frequencyHz = note.frequencyHz * (1 + 0.012 * Math.sin(34 * t));
    phase += (2 * Math.PI * frequencyHz) / FIT_SAMPLE_RATE_HZ;
    level += 0.001 * (note.level - level);
    let sum = 0;
    for (let k = 1; k <= 12; k++) {
      const weight = note.formants.reduce(
        (total, formant) => total + 1 / (1 + ((k * frequencyHz - formant) / 200) ** 2),
        0.05,
      );
      sum += weight * Math.sin(k * phase);
    }
    return level * (0.15 * sum + 0.01 * next());
  });
}
