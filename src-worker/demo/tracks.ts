/** Control tracks: how a setting of the singer moves, at {@link CONTROL_HZ} values a second. */
import type { Random } from '#core/optimise/random.ts';

export const CONTROL_HZ = 1000;

/** One value every 1/CONTROL_HZ seconds. */
export type Track = Float64Array;

/** Value of a track at a time in seconds, between its points on straight lines, held beyond its ends. */
export function valueAt(track: Track, seconds: number): number {
  const place = Math.max(0, Math.min(seconds * CONTROL_HZ, track.length - 1));
  const index = Math.min(Math.floor(place), track.length - 2);
  return track[index]! + (place - index) * (track[index + 1]! - track[index]!);
}

/** Sets a track from `start` to `end` seconds. */
export function hold(track: Track, start: number, end: number, value: number): void {
  track.fill(value, Math.max(0, Math.round(start * CONTROL_HZ)), Math.max(0, Math.round(end * CONTROL_HZ)));
}

/** Smoothed both ways by three running means, nearly a Gaussian, `seconds` wide in all. */
export function smoothed(track: Track, seconds: number): Track {
  const half = Math.max(1, Math.round((seconds * CONTROL_HZ) / 6));
  let from = track;
  for (let pass = 0; pass < 3; pass++) {
    const sums = new Float64Array(from.length + 1);
    for (let i = 0; i < from.length; i++) sums[i + 1] = sums[i]! + from[i]!;
    from = from.map((_, i) => {
      const [a, b] = [Math.max(0, i - half), Math.min(track.length, i + half + 1)];
      return (sums[b]! - sums[a]!) / (b - a);
    });
  }
  return from;
}

/** Slow irregularity: noise smoothed over `seconds`, with standard deviation 1. */
export function wander(length: number, seconds: number, random: Random): Track {
  const noise = smoothed(
    Float64Array.from({ length }, () => random.signed()),
    seconds,
  );
  const mean = noise.reduce((sum, value) => sum + value, 0) / length;
  const deviation = Math.sqrt(noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length);
  return noise.map((value) => (value - mean) / deviation);
}
