/** What a user should know of a file: whether it can be worked with, its facts, and what may be wrong with it. */
import type { DeclaredAudio } from '#audio/compressed.ts';
import type { DecodedAudio } from '#audio/decode.ts';
import { SILENCE_DBFS } from '#audio/checks.ts';
import { UserError } from '#core/errors.ts';
import { integratedLufs, samplePeakDb } from '#core/loudness/index.ts';
import type { SourceFacts } from '#core/protocol/engine.ts';
import type { SourceRole } from '#core/protocol/schemas.ts';
import { lengthSamples } from '#core/signal/audio.ts';

const MAX_MINUTES = 60;
const MAX_BYTES = 2e9;
const BYTES_PER_SAMPLE = 4;
/** Shown for digital silence, which has no level. */
const LOWEST_DB = -200;
const VERY_QUIET_LUFS = -50;
/** So many samples in a row at the very top are not music any more. */
const CLIPPED_RUN = 4;
const CLIPPED_LEVEL = 0.9998;
const FULL_BAND_HZ = 32_000;

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** Throws UserError('bad-input') for more sound than fits into memory and patience. */
export function requireManageable(
  { sampleRateHz, channelCount, leastSamples }: DeclaredAudio,
  name: string,
): void {
  const seconds = leastSamples / sampleRateHz;
  if (seconds > 60 * MAX_MINUTES)
    throw new UserError(
      'bad-input',
      `“${name}” lasts ${duration(seconds)}; Voxfit works on up to ${MAX_MINUTES} minutes: cut out the part you want to mix.`,
    );
  const bytes = leastSamples * channelCount * BYTES_PER_SAMPLE;
  if (bytes > MAX_BYTES)
    throw new UserError(
      'bad-input',
      `“${name}” (${duration(seconds)}, ${channelCount} channels at ${sampleRateHz} Hz) would take ${(bytes / 1e9).toFixed(1)} GB of memory; cut out the part you want to mix, or convert it to stereo at 48000 Hz.`,
    );
}

/** Places where the sound stays at full scale or beyond. */
function clippedPlaces({ channels }: DecodedAudio): number {
  let places = 0;
  for (const channel of channels) {
    let run = 0;
    for (let n = 0; n < channel.length; n++) {
      run = Math.abs(channel[n]!) >= CLIPPED_LEVEL ? run + 1 : 0;
      if (run === CLIPPED_RUN) places++;
    }
  }
  return places;
}

function isAlike(a: Float32Array, b: Float32Array): boolean {
  let n = 0;
  while (n < a.length && a[n] === b[n]) n++;
  return n === a.length;
}

function channelWarning({ channels }: DecodedAudio, role: SourceRole, name: string): string | undefined {
  const count = channels.length;
  if (role === 'target')
    return count > 2
      ? `“${name}” has ${count} channels; the first two are used as left and right.`
      : undefined;
  if (channels.every((channel) => isAlike(channel, channels[0]!))) return undefined;
  return `“${name}” has ${count} channels that differ; their average is used, because a dry vocal is mono.`;
}

/** The facts of a file in its role. */
export function describeSource(
  sound: DecodedAudio,
  role: SourceRole,
  name: string,
): Omit<SourceFacts, 'source' | 'role' | 'name'> {
  const { format, bitDepth, sampleRateHz, channels } = sound;
  const lufs = integratedLufs(sound);
  const samplePeak = samplePeakDb(sound);
  const clipped = clippedPlaces(sound);
  const isSilent = samplePeak < SILENCE_DBFS;
  const warnings = [
    channelWarning(sound, role, name),
    isSilent ? `“${name}” is silent.` : undefined,
    !isSilent && lufs < VERY_QUIET_LUFS
      ? `“${name}” is very quiet${Number.isFinite(lufs) ? ` (${lufs.toFixed(0)} LUFS)` : ''}; check that it is the right file.`
      : undefined,
    clipped > 0
      ? `“${name}” is clipped in ${clipped === 1 ? 'one place' : `${clipped} places`}; a version that is not gives better results.`
      : undefined,
    sampleRateHz < FULL_BAND_HZ
      ? `“${name}” has a sample rate of ${sampleRateHz} Hz, so there is nothing in it above ${(sampleRateHz / 2000).toFixed(0)} kHz.`
      : undefined,
  ];
  return {
    format,
    ...(bitDepth === undefined ? {} : { bitDepth }),
    sampleRateHz,
    channels: channels.length,
    seconds: lengthSamples(sound) / sampleRateHz,
    lufs: Number.isFinite(lufs) ? lufs : null,
    samplePeakDb: Math.max(LOWEST_DB, samplePeak),
    warnings: warnings.filter((warning) => warning !== undefined),
  };
}
