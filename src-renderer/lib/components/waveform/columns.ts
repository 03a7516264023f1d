/** What a waveform draws in each column of pixels: the smallest and the largest sample there. */
import type { Peaks } from '#core/protocol/engine.ts';

export type Level = Peaks['levels'][number];

/** The coarsest level that still has a peak for every pixel; null where only the samples themselves are fine enough. */
export function levelFor(peaks: Peaks, samplesPerPixel: number): Level | null {
  let best: Level | null = null;
  for (const level of peaks.levels)
    if (level.samplesPerPeak <= samplesPerPixel && level.samplesPerPeak > (best?.samplesPerPeak ?? 0))
      best = level;
  return best;
}

/** The finest level there is: what stands in until samples have come. */
export function finestLevel(peaks: Peaks): Level | null {
  return peaks.levels.reduce<Level | null>(
    (finest, level) => (finest && finest.samplesPerPeak <= level.samplesPerPeak ? finest : level),
    null,
  );
}

/**
 * Fills `columns` (min, max of each pixel in turn) from one channel of a level. Pixel p covers the samples from
 * fromSample + p·samplesPerPixel to the next pixel's; peaks that lie in it partly count. Pixels without sound get NaN.
 */
export function columnsFromPeaks(
  data: Float32Array,
  samplesPerPeak: number,
  fromSample: number,
  samplesPerPixel: number,
  columns: Float32Array,
): void {
  const count = data.length / 2;
  for (let pixel = 0; pixel < columns.length / 2; pixel++) {
    const start = (fromSample + pixel * samplesPerPixel) / samplesPerPeak;
    const first = Math.max(0, Math.floor(start));
    const end = Math.min(count, Math.max(first + 1, Math.ceil(start + samplesPerPixel / samplesPerPeak)));
    let low = NaN;
    let high = NaN;
    for (let peak = first; peak < end; peak++) {
      const [min, max] = [data[2 * peak]!, data[2 * peak + 1]!];
      if (!(low <= min)) low = min;
      if (!(high >= max)) high = max;
    }
    columns[2 * pixel] = low;
    columns[2 * pixel + 1] = high;
  }
}

/** The same from samples, of which the first is number `samplesFrom`. */
export function columnsFromSamples(
  samples: Float32Array,
  samplesFrom: number,
  fromSample: number,
  samplesPerPixel: number,
  columns: Float32Array,
): void {
  for (let pixel = 0; pixel < columns.length / 2; pixel++) {
    const start = fromSample + pixel * samplesPerPixel - samplesFrom;
    // One sample more, so that neighbouring columns touch.
    const end = Math.min(samples.length, Math.floor(start + samplesPerPixel) + 1);
    let low = NaN;
    let high = NaN;
    for (let n = Math.max(0, Math.floor(start)); n < end; n++) {
      const sample = samples[n]!;
      if (!(low <= sample)) low = sample;
      if (!(high >= sample)) high = sample;
    }
    columns[2 * pixel] = low;
    columns[2 * pixel + 1] = high;
  }
}

/** Samples that have come, from number `from` on. */
export interface NearSamples {
  readonly from: number;
  readonly channels: readonly Float32Array[];
}

/** Whether samples hold all that is in sight, [from, to), of a sound. */
export function holdsAll(near: NearSamples, from: number, to: number, lengthSamples: number): boolean {
  const end = near.from + (near.channels[0]?.length ?? 0);
  return near.from <= Math.max(0, from) && end >= Math.min(lengthSamples, to);
}

/** Most samples a channel that are asked for at once. */
export const MOST_SAMPLES = 2 ** 20;

/** The samples to ask for when [from, to) is in sight: as much again on either side, for scrolling, within the sound. */
export function samplesWanted(from: number, to: number, lengthSamples: number): { from: number; to: number } {
  const around = Math.min(to - from, Math.max(0, (MOST_SAMPLES - (to - from)) / 2 - 2));
  return {
    from: Math.max(0, Math.floor(from - around)),
    to: Math.min(lengthSamples, Math.ceil(to + around)),
  };
}
