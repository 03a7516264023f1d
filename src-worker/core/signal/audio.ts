/** Sampled sound in memory: one array per channel, all of the same length, full scale ±1. */
export interface Audio {
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

/** Length in samples per channel. */
export function lengthSamples(audio: Audio): number {
  return audio.channels[0]?.length ?? 0;
}

/** Average of all channels. */
export function averageToMono(audio: Audio): Float32Array {
  const { channels } = audio;
  if (channels.length === 1) return channels[0]!;
  const mono = new Float32Array(channels[0]!.length);
  for (const channel of channels)
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i]! / channels.length;
  return mono;
}
