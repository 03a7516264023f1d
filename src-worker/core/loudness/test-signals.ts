/** For tests: the signals with which loudness meters are tested (EBU Tech 3341 §2.9). */
import type { Audio } from '../signal/audio.ts';

export interface Tone {
  readonly seconds: number;
  /** Peak of the sine. */
  readonly levelDbfs: number;
  readonly frequencyHz?: number;
}

/** Sines one after another, the same in every channel. */
export function tones(sampleRateHz: number, channelCount: number, ...parts: readonly Tone[]): Audio {
  const lengths = parts.map(({ seconds }) => Math.round(seconds * sampleRateHz));
  const channel = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  parts.forEach(({ levelDbfs, frequencyHz = 1000 }, i) => {
    const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
    const peak = 10 ** (levelDbfs / 20);
    for (let n = 0; n < lengths[i]; n++) channel[at + n] = peak * Math.sin(step * n);
    at += lengths[i];
  });
  return { sampleRateHz, channels: Array.from({ length: channelCount }, () => channel) };
}

/** Only some of the channels of a sound; the others silent. */
export function onlyChannels({ sampleRateHz, channels }: Audio, ...audible: readonly number[]): Audio {
  return {
    sampleRateHz,
    channels: channels.map((channel, i) =>
      audible.includes(i) ? channel : new Float32Array(channel.length),
    ),
  };
}
