/**
 * Uncompressed samples as files store them: interleaved, one container of whole bytes per sample, read into one
 * float32 array per channel with full scale ±1.
 *
 * Integers of b bits are divided by 2^(b−1) exactly as stored, so 8, 16 and 24 bits are exact and 32 bits are
 * rounded once. Samples of fewer bits than their container are left-justified in it (WAVE_FORMAT_EXTENSIBLE and
 * AIFF both say so), so only the container matters. A-law and µ-law: ITU-T G.711.
 */

export interface PcmEncoding {
  readonly kind: 'signed' | 'unsigned' | 'float' | 'alaw' | 'mulaw';
  readonly bytesPerSample: number;
  readonly littleEndian: boolean;
}

/** Where the samples of a file lie and what they are. */
export interface PcmLayout {
  readonly encoding: PcmEncoding;
  readonly bitDepth: number;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly dataOffsetBytes: number;
  readonly lengthSamples: number;
}

/** Bytes [position, position + length) of a file; fewer where it ends. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** Whether {@link readPcm} knows the encoding. */
export function isReadablePcm({ kind, bytesPerSample }: PcmEncoding): boolean {
  switch (kind) {
    case 'signed':
      return bytesPerSample >= 1 && bytesPerSample <= 4;
    case 'float':
      return bytesPerSample === 4 || bytesPerSample === 8;
    case 'unsigned':
    case 'alaw':
    case 'mulaw':
      return bytesPerSample === 1;
    default:
      throw new RangeError(`No encoding is called “${String(kind satisfies never)}”.`);
  }
}

function companded(expand: (code: number) => number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, code) => expand(code) / 32768);
}

const A_LAW = companded((code) => {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return bits & 0x80 ? magnitude : -magnitude;
});

const MU_LAW = companded((code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return bits & 0x80 ? -magnitude : magnitude;
});

/** A function from the byte position of a sample to its value. */
function sampleReader(bytes: Uint8Array, encoding: PcmEncoding): (position: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { kind, bytesPerSample, littleEndian } = encoding;
  switch (kind) {
    case 'unsigned':
      return (at) => (bytes[at] - 128) / 128;
    case 'alaw':
      return (at) => A_LAW[bytes[at]];
    case 'mulaw':
      return (at) => MU_LAW[bytes[at]];
    case 'float':
      return bytesPerSample === 4
        ? (at) => view.getFloat32(at, littleEndian)
        : (at) => view.getFloat64(at, littleEndian);
    case 'signed':
      switch (bytesPerSample) {
        case 1:
          return (at) => view.getInt8(at) / 128;
        case 2:
          return (at) => view.getInt16(at, littleEndian) / 32768;
        case 3: {
          // The top byte is shifted up to the sign bit and back, which extends the sign.
          const [low, high] = littleEndian ? [0, 2] : [2, 0];
          return (at) =>
            ((bytes[at + high] << 24) | (bytes[at + 1] << 16) | (bytes[at + low] << 8)) / 2147483648;
        }
        case 4:
          return (at) => view.getInt32(at, littleEndian) / 2147483648;
        default:
          throw new RangeError(`Integers of ${bytesPerSample} bytes cannot be read.`);
      }
    default:
      throw new RangeError(`No encoding is called “${String(kind satisfies never)}”.`);
  }
}

/** Reads all whole frames of `bytes` into the channels from frame `at`. */
export function readPcm(
  bytes: Uint8Array,
  encoding: PcmEncoding,
  channels: readonly Float32Array[],
  at: number,
): void {
  const read = sampleReader(bytes, encoding);
  const frameBytes = encoding.bytesPerSample * channels.length;
  const frames = Math.floor(bytes.length / frameBytes);
  channels.forEach((channel, index) => {
    let position = index * encoding.bytesPerSample;
    for (let frame = 0; frame < frames; frame++) {
      channel[at + frame] = read(position);
      position += frameBytes;
    }
  });
}

const PIECE_BYTES = 1 << 22;

/** Reads the samples a layout describes, a few megabytes at a time; `onProgress` gets 0..1 and may throw. */
export async function readPcmFile(
  layout: PcmLayout,
  readAt: ReadAt,
  onProgress?: (fraction: number) => void,
): Promise<Float32Array[]> {
  const { encoding, channelCount, lengthSamples, dataOffsetBytes } = layout;
  const channels = Array.from({ length: channelCount }, () => new Float32Array(lengthSamples));
  const frameBytes = encoding.bytesPerSample * channelCount;
  const pieceFrames = Math.max(1, Math.floor(PIECE_BYTES / frameBytes));
  for (let frame = 0; frame < lengthSamples; frame += pieceFrames) {
    const frames = Math.min(pieceFrames, lengthSamples - frame);
    readPcm(
      await readAt(dataOffsetBytes + frame * frameBytes, frames * frameBytes),
      encoding,
      channels,
      frame,
    );
    onProgress?.((frame + frames) / lengthSamples);
  }
  return channels;
}
