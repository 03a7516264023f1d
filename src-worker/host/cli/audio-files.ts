/** Sound files in and out, loaded only when a command has something to do. */
import type { Audio } from '#core/signal/audio.ts';
import { gainToDb } from '#core/units.ts';
import type { WavDepth } from '#audio/wav.ts';
import { writeOutput } from './outputs.ts';

export const DEPTHS = ['16', '24', '32f'] as const satisfies readonly WavDepth[];

/** Sound with the file it came from. */
export interface SoundFile extends Audio {
  readonly path: string;
  /** How messages call it. */
  readonly name: string;
  readonly format: string;
}

/** Decodes a file. Throws UserError('bad-input') for anything but sound. */
export async function readSound(path: string): Promise<SoundFile> {
  const { decodeFile } = await import('#audio/decode.ts');
  const { sampleRateHz, channels, format } = await decodeFile(path);
  return { sampleRateHz, channels, format, path, name: `“${path}”` };
}

/** The sound at another rate; itself if the rate is the same. */
export async function resampled(audio: Audio, toRateHz: number): Promise<Audio> {
  if (audio.sampleRateHz === toRateHz) return audio;
  const { resample } = await import('#audio/resample.ts');
  return resample(audio, toRateHz);
}

/** Writes a wav file. Resolves to a sentence about samples that an integer depth had to clip, if any. */
export async function writeSound(path: string, audio: Audio, depth: WavDepth): Promise<string | undefined> {
  const { encodeWavInChunks } = await import('#audio/wav.ts');
  const { chunks, clippedSamples } = encodeWavInChunks(audio, depth);
  await writeOutput(path, chunks);
  if (clippedSamples === 0) return undefined;
  let peak = 0;
  for (const channel of audio.channels) for (const sample of channel) peak = Math.max(peak, Math.abs(sample));
  const counted = clippedSamples === 1 ? '1 sample was' : `${clippedSamples} samples were`;
  return `“${path}” exceeds full scale by ${gainToDb(peak).toFixed(2)} dB: ${counted} clipped; --depth 32f keeps them.`;
}
