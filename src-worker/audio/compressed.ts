/**
 * FLAC, MP3 and Ogg (Vorbis, Opus, FLAC) through `audio-decode`, which gives the sample counts of ffmpeg.
 *
 * The decoders return what they can make of a damaged file, without a word. So the containers are examined here
 * first, and what comes back is compared with what they declare: channels, rate and length. The decoders are
 * loaded on first use, since they are large.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readFlacHeader } from './flac-header.ts';
import { id3Bytes, readMp3Stream } from './mp3-frames.ts';
import { readOggStream } from './ogg-pages.ts';
import { withQuietConsole } from './quiet-console.ts';
import { formatSeconds, UnreadableAudio } from './unreadable.ts';

export interface CompressedAudio {
  readonly format: string;
  readonly bitDepth?: number;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

/** What the container says about its contents, known before they are decoded. */
export interface DeclaredAudio {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** At least so many; 1 where it does not say. */
  readonly leastSamples: number;
}

/** Called between reading a container and decoding it, and then while decoding, with 0..1; either may throw. */
export interface DecodeListener {
  readonly onDeclared?: (declared: DeclaredAudio) => void;
  readonly onProgress?: (fraction: number) => void;
}

interface Declared extends DeclaredAudio {
  readonly format: string;
  readonly codec: 'flac' | 'mp3' | 'oga' | 'opus';
  readonly bytes: Uint8Array;
  readonly bitDepth?: number;
}

const CUT_OFF = 'copy, download or export it again';

/** An MP3 decoder may drop a frame at the start and one before a damaged one. */
const MP3_DROPPED_SAMPLES = 2 * 1152;
/** It also drops the encoder's delay and padding, 12 bits each, where they are declared. */
const MP3_TRIMMED_SAMPLES = 2 * 4095;

function declaredByFlac(bytes: Uint8Array): Declared {
  const header = readFlacHeader(bytes);
  if (!header) throw new UnreadableAudio(`is cut off in its header; ${CUT_OFF}`);
  const { lengthSamples, ...rest } = header;
  return { format: 'FLAC', codec: 'flac', bytes, leastSamples: lengthSamples ?? 1, ...rest };
}

function declaredByMp3(bytes: Uint8Array): Declared | undefined {
  const stream = readMp3Stream(bytes);
  if (!stream) return undefined;
  const { isCutOff, isTagged, frameSamples, sampleRateHz, channelCount } = stream;
  if (isCutOff)
    throw new UnreadableAudio(
      `is cut off after about ${formatSeconds(frameSamples / sampleRateHz)}; ${CUT_OFF}`,
    );
  const droppedSamples = MP3_DROPPED_SAMPLES + (isTagged ? MP3_TRIMMED_SAMPLES : 0);
  const leastSamples = Math.max(1, frameSamples - droppedSamples);
  return { format: 'MP3', codec: 'mp3', bytes, sampleRateHz, channelCount, leastSamples };
}

/** Ogg wraps a FLAC stream whose first packet holds the native header after 9 bytes. */
const OGG_FLAC_HEADER_OFFSET = 28 + 9;

function declaredByOgg(bytes: Uint8Array): Declared {
  const stream = readOggStream(bytes);
  if (stream.state === 'damaged')
    throw new UnreadableAudio(`is damaged (a checksum inside does not match); ${CUT_OFF}`);
  if (stream.state === 'cut off') throw new UnreadableAudio(`is cut off; ${CUT_OFF}`);
  if (stream.codec === 'speex' || stream.codec === 'unknown') {
    const name = stream.codec === 'speex' ? 'Speex' : 'no Vorbis, Opus or FLAC stream';
    throw new UnreadableAudio(`is an Ogg file that holds ${name}; convert it to WAV or FLAC`);
  }
  const { sampleRateHz, channelCount, leastSamples, codec } = stream;
  if (codec === 'flac') {
    const native = declaredByFlac(bytes.subarray(OGG_FLAC_HEADER_OFFSET));
    return { ...native, format: 'Ogg FLAC', bytes };
  }
  const format = codec === 'opus' ? 'Ogg Opus' : 'Ogg Vorbis';
  const decoder = codec === 'opus' ? 'opus' : 'oga';
  return { format, codec: decoder, bytes, sampleRateHz, channelCount, leastSamples };
}

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}

/** Decoded at once; between two pieces other work gets its turn. */
const PIECE_BYTES = 1 << 18;
const LONGEST_FLAC_HEADER_BYTES = 16;

/**
 * Where the piece that starts at `start` ends. The decoder loses a FLAC frame whose header is split between two pieces, so
 * a piece of FLAC ends before what may be the beginning of one (0xFF, then 0xF8 or 0xF9).
 */
function pieceEnd(codec: Declared['codec'], bytes: Uint8Array, start: number): number {
  const end = Math.min(bytes.length, start + PIECE_BYTES);
  if (codec !== 'flac' || end === bytes.length) return end;
  for (let at = end - LONGEST_FLAC_HEADER_BYTES; at < end; at++)
    if (bytes[at] === 0xff && (at + 1 === end || (bytes[at + 1] & 0xfe) === 0xf8)) return at;
  return end;
}

/** Undefined when the decoder gives up. */
async function runDecoder(
  { codec, bytes, bitDepth }: Declared,
  onProgress: ((fraction: number) => void) | undefined,
): Promise<readonly Decoded[] | undefined> {
  const decoder = await withQuietConsole(async () => {
    const { default: decode } = await import('audio-decode');
    return decode[codec]();
  });
  // A decoder that gives up means a damaged file; what `onProgress` throws is the caller's own.
  const attempt = (piece?: Uint8Array) => withQuietConsole(() => decoder(piece)).catch(() => undefined);
  const parts: Decoded[] = [];
  try {
    for (let start = 0; start < bytes.length;) {
      const end = pieceEnd(codec, bytes, start);
      const part = await attempt(bytes.subarray(start, end));
      if (!part) return undefined;
      if (bitDepth !== undefined) restoreIntegers(part.channelData, bitDepth);
      parts.push(part);
      start = end;
      onProgress?.(start / bytes.length);
      await nextTurn();
    }
    const rest = await attempt();
    if (rest && bitDepth !== undefined) restoreIntegers(rest.channelData, bitDepth);
    return rest && [...parts, rest].filter(({ channelData }) => (channelData[0]?.length ?? 0) > 0);
  } finally {
    decoder.free();
  }
}

/**
 * One array per declared channel. `audio-decode` hands equal channels of an MP3 back as one: they are doubled
 * again, because a stereo file that is the same on both sides is twice as loud as a mono one.
 */
function joined(parts: readonly Decoded[], channelCount: number): Float32Array[] | undefined {
  const isDoubled = ({ channelData }: Decoded): boolean => channelCount === 2 && channelData.length === 1;
  const isRegular = parts.every(
    (part) =>
      (part.channelData.length === channelCount || isDoubled(part)) &&
      part.channelData.every((channel) => channel.length === part.channelData[0].length),
  );
  if (!isRegular || parts.length === 0) return undefined;
  const length = parts.reduce((sum, { channelData }) => sum + channelData[0].length, 0);
  return Array.from({ length: channelCount }, (_, index) => {
    const channel = new Float32Array(length);
    let at = 0;
    for (const part of parts) {
      channel.set(part.channelData[isDoubled(part) ? 0 : index], at);
      at += part.channelData[0].length;
    }
    return channel;
  });
}

/**
 * The FLAC decoder divides b-bit integers by 2^(b−1) − 1. Up to 24 bits the integers can be had back from that, and
 * divided as everywhere else; more are only scaled.
 */
function restoreIntegers(channels: readonly Float32Array[], bitDepth: number): void {
  const divisor = 2 ** (bitDepth - 1);
  const restored =
    bitDepth <= 24
      ? (sample: number) => Math.round(sample * (divisor - 1)) / divisor
      : (sample: number) => sample * ((divisor - 1) / divisor);
  for (const channel of channels) {
    for (let n = 0; n < channel.length; n++) channel[n] = restored(channel[n]);
  }
}

async function decodeDeclared(
  declared: Declared,
  { onDeclared, onProgress }: DecodeListener,
): Promise<CompressedAudio> {
  const { format, bitDepth, sampleRateHz, channelCount, leastSamples } = declared;
  onDeclared?.(declared);
  const damaged = new UnreadableAudio(`is damaged or not really ${format}; ${CUT_OFF}`);
  const parts = (await runDecoder(declared, onProgress)) ?? [];
  if (leastSamples === 0 && parts.length === 0)
    return { format, sampleRateHz, channels: [new Float32Array(0)] };
  const channels = joined(parts, channelCount);
  if (!channels || parts.some(({ sampleRate }) => sampleRate !== sampleRateHz)) throw damaged;
  if (channels[0].length < leastSamples)
    throw new UnreadableAudio(
      `is cut off or damaged (${formatSeconds(channels[0].length / sampleRateHz)} of ` +
        `${formatSeconds(leastSamples / sampleRateHz)} can be read); ${CUT_OFF}`,
    );
  return { format, ...(bitDepth !== undefined && { bitDepth }), sampleRateHz, channels };
}

/** @throws UnreadableAudio */
export async function decodeFlac(bytes: Uint8Array, listener: DecodeListener): Promise<CompressedAudio> {
  return decodeDeclared(declaredByFlac(bytes.subarray(id3Bytes(bytes))), listener);
}

/** @throws UnreadableAudio */
export async function decodeOgg(bytes: Uint8Array, listener: DecodeListener): Promise<CompressedAudio> {
  return decodeDeclared(declaredByOgg(bytes), listener);
}

/** Undefined when it holds no MP3 frames. @throws UnreadableAudio */
export async function decodeMp3(
  bytes: Uint8Array,
  listener: DecodeListener,
): Promise<CompressedAudio | undefined> {
  const declared = declaredByMp3(bytes);
  return declared && decodeDeclared(declared, listener);
}
