/**
 * Samples to the bytes of a WAV file.
 *
 * - `16`: TPDF dither, then rounded. A sample that is exactly 0 stays 0: that happens in digital silence only, and
 *   silence between takes should stay silent (at the price of a noise floor that pauses there).
 * - `24`: rounded without dither; the error is 144 dB down, below that of the float samples near full scale.
 * - `32f`: the samples as they are, above full scale too.
 *
 * Integers are sample · 2^(bits−1), held at the ends of their range. Up to two channels the header is the plain
 * one that every program reads; more have WAVE_FORMAT_EXTENSIBLE with the usual speaker order. Files of 4 GiB and
 * more are RF64 (EBU Tech 3306).
 */
import type { Audio } from '#core/signal/audio.ts';
import { lengthSamples } from '#core/signal/audio.ts';
import { triangularDither } from './dither.ts';

export type WavDepth = '16' | '24' | '32f';

export interface EncodedWav {
  /** The file, in pieces. */
  readonly chunks: readonly Uint8Array[];
  /** Samples beyond ±1 that an integer format had to hold at full scale. */
  readonly clippedSamples: number;
}

const BYTES_PER_SAMPLE: Readonly<Record<WavDepth, number>> = { '16': 2, '24': 3, '32f': 4 };
const UNKNOWN_32 = 0xffffffff;
const PIECE_FRAMES = 1 << 18;

/** Mono to 7.1 as programs expect them; more channels have no places. */
const SPEAKER_MASKS = [0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x13f, 0x63f];
const SUBFORMAT_TAIL = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

export interface WavOptions {
  /** Of the dither: the same seed gives the same file. */
  readonly seed?: number;
}

interface WavShape {
  readonly depth: WavDepth;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly lengthSamples: number;
}

class ByteWriter {
  readonly bytes: number[] = [];
  tag(text: string): this {
    this.bytes.push(...[...text].map((character) => character.charCodeAt(0)));
    return this;
  }
  u16(value: number): this {
    this.bytes.push(value & 255, (value >>> 8) & 255);
    return this;
  }
  u32(value: number): this {
    return this.u16(value % 65536).u16(Math.floor(value / 65536));
  }
  u64(value: number): this {
    return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32));
  }
}

function formatChunk({ depth, sampleRateHz, channelCount }: WavShape): number[] {
  const bytesPerSample = BYTES_PER_SAMPLE[depth];
  const tag = depth === '32f' ? 3 : 1;
  const isExtensible = channelCount > 2;
  const chunk = new ByteWriter()
    .u16(isExtensible ? 0xfffe : tag)
    .u16(channelCount)
    .u32(sampleRateHz)
    .u32(sampleRateHz * channelCount * bytesPerSample)
    .u16(channelCount * bytesPerSample)
    .u16(8 * bytesPerSample);
  if (isExtensible)
    chunk
      .u16(22)
      .u16(8 * bytesPerSample)
      .u32(SPEAKER_MASKS[channelCount] ?? 0)
      .u16(tag)
      .bytes.push(...SUBFORMAT_TAIL);
  else if (depth === '32f') chunk.u16(0);
  return chunk.bytes;
}

/** Everything before the samples. */
export function wavHeader(shape: WavShape): Uint8Array {
  const { depth, channelCount } = shape;
  const dataBytes = shape.lengthSamples * channelCount * BYTES_PER_SAMPLE[depth];
  const paddedBytes = dataBytes + (dataBytes % 2);
  const format = formatChunk(shape);
  const factBytes = depth === '32f' ? 12 : 0;
  const riffBytes = 4 + 8 + format.length + factBytes + 8 + paddedBytes;
  const isRf64 = riffBytes >= UNKNOWN_32;

  const header = new ByteWriter();
  if (isRf64) {
    header.tag('RF64').u32(UNKNOWN_32).tag('WAVE');
    header
      .tag('ds64')
      .u32(28)
      .u64(riffBytes + 36)
      .u64(dataBytes)
      .u64(shape.lengthSamples)
      .u32(0);
  } else header.tag('RIFF').u32(riffBytes).tag('WAVE');
  header
    .tag('fmt ')
    .u32(format.length)
    .bytes.push(...format);
  if (factBytes) header.tag('fact').u32(4).u32(Math.min(shape.lengthSamples, UNKNOWN_32));
  header.tag('data').u32(isRf64 ? UNKNOWN_32 : dataBytes);
  return Uint8Array.from(header.bytes);
}

interface Quantiser {
  readonly write: (view: DataView, at: number, sample: number) => void;
  clipped: number;
}

function quantiser(depth: WavDepth, seed: number): Quantiser {
  const dither = triangularDither(seed);
  const integer = (scale: number, offset: (sample: number) => number) => (sample: number) => {
    if (sample > 1 || sample < -1) result.clipped += 1;
    return Math.max(-scale, Math.min(scale - 1, Math.round(sample * scale + offset(sample))));
  };
  const to16 = integer(2 ** 15, (sample) => (sample === 0 ? 0 : dither()));
  const to24 = integer(2 ** 23, () => 0);
  const writers: Readonly<Record<WavDepth, Quantiser['write']>> = {
    '16': (view, at, sample) => view.setInt16(at, to16(sample), true),
    '24': (view, at, sample) => {
      const value = to24(sample);
      view.setInt16(at, value, true);
      view.setInt8(at + 2, value >> 16);
    },
    '32f': (view, at, sample) => view.setFloat32(at, sample, true),
  };
  const result: Quantiser = { write: writers[depth], clipped: 0 };
  return result;
}

/** Encodes a file whose samples come piece by piece: {@link wavHeader} first, then these, then {@link WavEncoder.end}. */
export class WavEncoder {
  private readonly quantise: Quantiser;
  private frames = 0;

  constructor(
    private readonly shape: Pick<WavShape, 'depth' | 'channelCount'>,
    { seed = 1 }: WavOptions = {},
  ) {
    this.quantise = quantiser(shape.depth, seed);
  }

  /** Samples beyond ±1 so far that an integer format had to hold at full scale. */
  get clippedSamples(): number {
    return this.quantise.clipped;
  }

  /**
   * The next samples, those from `start` to `end` of these channels.
   * @throws RangeError for a sample that is not finite, which no caller should let come this far
   */
  encode(channels: readonly Float32Array[], start = 0, end = channels[0].length): Uint8Array<ArrayBuffer> {
    const bytesPerSample = BYTES_PER_SAMPLE[this.shape.depth];
    const view = new DataView(new ArrayBuffer((end - start) * channels.length * bytesPerSample));
    let at = 0;
    for (let frame = start; frame < end; frame++) {
      for (const channel of channels) {
        const sample = channel[frame];
        if (!Number.isFinite(sample))
          throw new RangeError(
            `Sample ${this.frames + frame - start} is ${sample}; only finite samples can be written.`,
          );
        this.quantise.write(view, at, sample);
        at += bytesPerSample;
      }
    }
    this.frames += end - start;
    return new Uint8Array(view.buffer);
  }

  /** What follows the last sample: a byte where the length would be odd. */
  end(): Uint8Array {
    const { depth, channelCount } = this.shape;
    return new Uint8Array((this.frames * channelCount * BYTES_PER_SAMPLE[depth]) % 2);
  }
}

/**
 * The file in pieces of about a megabyte, which has no limit on its size.
 * @throws RangeError for a sample that is not finite
 */
export function encodeWavInChunks(audio: Audio, depth: WavDepth, options?: WavOptions): EncodedWav {
  const { channels, sampleRateHz } = audio;
  const length = lengthSamples(audio);
  const shape = { depth, sampleRateHz, channelCount: channels.length, lengthSamples: length };
  const encoder = new WavEncoder(shape, options);
  const chunks = [wavHeader(shape)];
  for (let start = 0; start < length; start += PIECE_FRAMES)
    chunks.push(encoder.encode(channels, start, Math.min(length, start + PIECE_FRAMES)));
  chunks.push(encoder.end());
  return { chunks: chunks.filter((chunk) => chunk.length > 0), clippedSamples: encoder.clippedSamples };
}

/** {@link encodeWavInChunks} in one array, for files below 2 GiB. */
export function encodeWav(audio: Audio, depth: WavDepth, options?: WavOptions): Uint8Array {
  const { chunks } = encodeWavInChunks(audio, depth, options);
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}
