/**
 * FLAC, MP3 and Ogg (Vorbis, Opus, FLAC) through `audio-decode`, which gives the sample counts of ffmpeg.
 *
 * The decoders return what they can make of a damaged file, without a word. So the containers are examined here
 * first, and what comes back is compared with what they declare: channels, rate and length. The decoders are
 * loaded on first use, since they are large.
 */
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

/** What the container says about its contents. */
interface Declared {
  readonly format: string;
  readonly codec: 'flac' | 'mp3' | 'oga' | 'opus';
  readonly bytes: Uint8Array;
  readonly bitDepth?: number;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly leastSamples: number;
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

async function runDecoder(codec: Declared['codec'], bytes: Uint8Array): Promise<readonly Decoded[]> {
  return withQuietConsole(async () => {
    const { default: decode } = await import('audio-decode');
    const decoder = await decode[codec]();
    try {
      const body = await decoder(bytes);
      return [body, await decoder()].filter(({ channelData }) => (channelData[0]?.length ?? 0) > 0);
    } finally {
      decoder.free();
    }
  });
}

/**
 * One array per declared channel. `audio-decode` hands equal channels of an MP3 back as one: they are doubled
 * again, because a stereo file that is the same on both sides is twice as loud as a mono one.
 */
function joined(parts: readonly Decoded[], channelCount: number): Float32Array[] | undefined {
  const returned = parts[0]?.channelData.length ?? 0;
  const isDoubled = channelCount === 2 && returned === 1;
  const lengths = parts.map(({ channelData }) => channelData[0].length);
  const isRegular = parts.every(
    ({ channelData }, i) =>
      channelData.length === returned && channelData.every((channel) => channel.length === lengths[i]),
  );
  if (!isRegular || (returned !== channelCount && !isDoubled)) return undefined;
  return Array.from({ length: channelCount }, (_, index) => {
    const channel = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const { channelData } of parts) {
      channel.set(channelData[isDoubled ? 0 : index], at);
      at += channelData[0].length;
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

async function decodeDeclared(declared: Declared): Promise<CompressedAudio> {
  const { format, codec, bytes, bitDepth, sampleRateHz, channelCount, leastSamples } = declared;
  const damaged = new UnreadableAudio(`is damaged or not really ${format}; ${CUT_OFF}`);
  const parts = await runDecoder(codec, bytes).catch(() => []);
  if (leastSamples === 0 && parts.length === 0)
    return { format, sampleRateHz, channels: [new Float32Array(0)] };
  const channels = joined(parts, channelCount);
  if (!channels || parts.some(({ sampleRate }) => sampleRate !== sampleRateHz)) throw damaged;
  if (channels[0].length < leastSamples)
    throw new UnreadableAudio(
      `is cut off or damaged (${formatSeconds(channels[0].length / sampleRateHz)} of ` +
        `${formatSeconds(leastSamples / sampleRateHz)} can be read); ${CUT_OFF}`,
    );
  if (bitDepth === undefined) return { format, sampleRateHz, channels };
  restoreIntegers(channels, bitDepth);
  return { format, bitDepth, sampleRateHz, channels };
}

/** @throws UnreadableAudio */
export async function decodeFlac(bytes: Uint8Array): Promise<CompressedAudio> {
  return decodeDeclared(declaredByFlac(bytes.subarray(id3Bytes(bytes))));
}

/** @throws UnreadableAudio */
export async function decodeOgg(bytes: Uint8Array): Promise<CompressedAudio> {
  return decodeDeclared(declaredByOgg(bytes));
}

/** Undefined when it holds no MP3 frames. @throws UnreadableAudio */
export async function decodeMp3(bytes: Uint8Array): Promise<CompressedAudio | undefined> {
  const declared = declaredByMp3(bytes);
  return declared && decodeDeclared(declared);
}
