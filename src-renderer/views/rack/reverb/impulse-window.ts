/** How much of a reverb's impulse response is drawn. */
import type { Tick } from '#core/plot/axis.ts';
import { reverbDecaySeconds } from './macros.ts';

/** Lengths that are drawn, so that the time axis seldom changes. */
const LENGTHS_SECONDS = [0.25, 0.5, 1, 2, 4, 8, 12] as const;
const TICKS = 4;

/** The shortest length in which the reverb falls by 60 dB, in the mean over frequency. */
export function impulseSeconds(raw: ArrayLike<number>): number {
  const wanted = reverbDecaySeconds(raw);
  return LENGTHS_SECONDS.find((seconds) => seconds >= wanted) ?? LENGTHS_SECONDS.at(-1)!;
}

/** Lines at quarters of a length; the last, at the edge, has none. */
export function impulseTicks(seconds: number): readonly Tick[] {
  return Array.from({ length: TICKS - 1 }, (_, i) => {
    const value = (seconds * (i + 1)) / TICKS;
    return { value, label: seconds < 1 ? `${Number((1000 * value).toFixed(1))} ms` : `${value} s` };
  });
}
