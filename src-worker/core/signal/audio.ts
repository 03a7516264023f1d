/** Sampled sound in memory: one array per channel, all of the same length, full scale ±1. */
export interface Audio {
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

/** Length in samples per channel. */
export function lengthSamples(audio: Audio): number {
  return audio.channels[0]?.length ?? 0;
}
