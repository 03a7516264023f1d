/**
 * Any audio file to samples at its own rate.
 *
 * Uncompressed files are read by ourselves, bit for bit; the others see compressed.ts. Whatever goes wrong becomes
 * one sentence that names the file and says what to do. Silence and length are not judged here: see checks.ts.
 */
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { UserError } from '#core/errors.ts';
import type { Audio } from '#core/signal/audio.ts';
import { readAiffLayout } from './aiff-read.ts';
import type { CompressedAudio, DecodeListener } from './compressed.ts';
import { decodeFlac, decodeMp3, decodeOgg } from './compressed.ts';
import { identifyContainer } from './container.ts';
import { id3Bytes } from './mp3-frames.ts';
import type { PcmLayout, ReadAt } from './pcm.ts';
import { readPcmFile } from './pcm.ts';
import { formatSeconds, UnreadableAudio } from './unreadable.ts';
import { readWavLayout } from './wav.ts';

export interface DecodedAudio extends Audio {
  /** As people call it: “WAV”, “AIFF”, “FLAC”, “MP3”, “Ogg Vorbis”, “Ogg Opus”, “Ogg FLAC”. */
  readonly format: string;
  /** Bits per sample of an uncompressed or lossless file. */
  readonly bitDepth?: number;
}

export const MIN_SAMPLE_RATE_HZ = 8_000;
export const MAX_SAMPLE_RATE_HZ = 384_000;

/** Compressed files are read whole; the decoders cannot take more. */
const MAX_COMPRESSED_BYTES = 2 ** 30;
const HEAD_BYTES = 64;

const NOT_AUDIO = 'is not an audio file that can be read here; give a WAV, AIFF, FLAC, MP3 or Ogg file';

function sentenceForSystemError(error: unknown): string | undefined {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist; check the name and the folder';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read; give yourself permission to read it, or use a copy';
    case 'EISDIR':
      return 'is a folder; give the name of an audio file in it';
    case 'ELOOP':
      return 'is a link that leads nowhere; give the name of the file itself';
    case 'ENAMETOOLONG':
      return 'is too long a name for a file; check it';
    case 'EIO':
      return 'cannot be read from its disk (input/output error); use a copy';
    case 'EMFILE':
    case 'ENFILE':
      return 'cannot be opened because too many files are open; close some programs';
    default:
      return undefined;
  }
}

function readerOf(handle: FileHandle): ReadAt {
  return async (position, length) => {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  };
}

function requireUsableLayout({ sampleRateHz, channels }: Pick<Audio, 'sampleRateHz' | 'channels'>): void {
  if ((channels[0]?.length ?? 0) === 0)
    throw new UnreadableAudio('holds no sound (0 samples); export it again');
  channels.forEach((channel, index) => {
    let place = 0;
    while (place < channel.length && Number.isFinite(channel[place])) place++;
    if (place === channel.length) return;
    const what = Number.isNaN(channel[place]) ? 'not a number (NaN)' : 'infinite';
    const where = `${formatSeconds(place / sampleRateHz)}${channels.length > 1 ? ` in channel ${index + 1}` : ''}`;
    throw new UnreadableAudio(`has a sample that is ${what} at ${where}; repair it there or export it again`);
  });
}

function requireSupportedRate(sampleRateHz: number): void {
  if (
    Number.isInteger(sampleRateHz) &&
    sampleRateHz >= MIN_SAMPLE_RATE_HZ &&
    sampleRateHz <= MAX_SAMPLE_RATE_HZ
  )
    return;
  const shown = Number.isFinite(sampleRateHz) ? `${Number(sampleRateHz.toPrecision(7))} Hz` : 'unreadable';
  throw new UnreadableAudio(
    `has an unsupported sample rate (${shown}); convert it to one from ${MIN_SAMPLE_RATE_HZ} to ${MAX_SAMPLE_RATE_HZ} Hz`,
  );
}

async function decodeUncompressed(
  format: string,
  layout: PcmLayout,
  readAt: ReadAt,
  { onDeclared, onProgress }: DecodeListener,
): Promise<DecodedAudio> {
  const { sampleRateHz, bitDepth, channelCount, lengthSamples } = layout;
  requireSupportedRate(sampleRateHz);
  onDeclared?.({ sampleRateHz, channelCount, leastSamples: lengthSamples });
  return { format, bitDepth, sampleRateHz, channels: await readPcmFile(layout, readAt, onProgress) };
}

async function decodeContents(
  readAt: ReadAt,
  fileBytes: number,
  listener: DecodeListener,
): Promise<DecodedAudio> {
  if (fileBytes === 0) throw new UnreadableAudio('is empty (0 bytes); copy or export it again');
  const head = await readAt(0, HEAD_BYTES);
  const tagBytes = id3Bytes(head);
  if (tagBytes > 0 && tagBytes >= fileBytes)
    throw new UnreadableAudio('is cut off inside its tag; copy it again');
  const identified = identifyContainer(tagBytes > 0 ? await readAt(tagBytes, HEAD_BYTES) : head);
  if (identified && 'unsupported' in identified)
    throw new UnreadableAudio(
      `is ${identified.unsupported} and cannot be read here; convert it to WAV or FLAC`,
    );

  const container = identified?.container ?? 'mp3';
  const from =
    (offset: number): ReadAt =>
    (position, length) =>
      readAt(offset + position, length);
  if (container === 'wav')
    return decodeUncompressed(
      'WAV',
      await readWavLayout(from(tagBytes), fileBytes - tagBytes),
      from(tagBytes),
      listener,
    );
  if (container === 'aiff')
    return decodeUncompressed(
      'AIFF',
      await readAiffLayout(from(tagBytes), fileBytes - tagBytes),
      from(tagBytes),
      listener,
    );

  if (fileBytes > MAX_COMPRESSED_BYTES)
    throw new UnreadableAudio(identified ? 'is larger than 1 GiB; convert it to WAV' : NOT_AUDIO);
  const bytes = await readAt(0, fileBytes);
  let decoded: CompressedAudio | undefined;
  if (container === 'flac') decoded = await decodeFlac(bytes, listener);
  else if (container === 'ogg') decoded = await decodeOgg(bytes.subarray(tagBytes), listener);
  else decoded = await decodeMp3(bytes, listener);
  if (!decoded) throw new UnreadableAudio(NOT_AUDIO);
  requireSupportedRate(decoded.sampleRateHz);
  return decoded;
}

export interface DecodeOptions extends DecodeListener {
  /** How messages call the file; its path unless given. */
  readonly name?: string;
}

/**
 * Reads and decodes a file.
 * @throws UserError `bad-input` for everything that can be wrong with it
 */
export async function decodeFile(
  path: string,
  { name = path, ...listener }: DecodeOptions = {},
): Promise<DecodedAudio> {
  const fail = (rest: string): UserError => new UserError('bad-input', `“${name}” ${rest}.`);
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw new UnreadableAudio('is a folder; give the name of an audio file in it');
    // Opening a pipe would wait for ever.
    if (!stats.isFile()) throw new UnreadableAudio('is a device or a pipe; give the name of an audio file');
    const handle = await open(path, 'r');
    try {
      const audio = await decodeContents(readerOf(handle), stats.size, listener);
      requireUsableLayout(audio);
      return audio;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UnreadableAudio) throw fail(error.message);
    const sentence = sentenceForSystemError(error);
    if (sentence !== undefined) throw fail(sentence);
    if (error instanceof RangeError && /array buffer|array length|allocation/i.test(error.message))
      throw fail('is too long for the memory of this machine; use a shorter part of it');
    throw error;
  }
}
