/** The STREAMINFO block of a FLAC file (RFC 9639 §8.2). */

export interface FlacHeader {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly bitDepth: number;
  /** Undefined where the encoder did not know. */
  readonly lengthSamples?: number;
}

const STREAMINFO_END = 42;

/** `bytes` begins with “fLaC”; undefined when the header is not whole. */
export function readFlacHeader(bytes: Uint8Array): FlacHeader | undefined {
  if (bytes.length < STREAMINFO_END || (bytes[4] & 0x7f) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // 20 bits of sample rate, 3 of channels − 1, 5 of bit depth − 1, 36 of length, from byte 18.
  const packed = view.getUint32(18);
  const lengthSamples = (bytes[21] & 15) * 2 ** 32 + view.getUint32(22);
  return {
    sampleRateHz: packed >>> 12,
    channelCount: ((packed >>> 9) & 7) + 1,
    bitDepth: ((packed >>> 4) & 31) + 1,
    ...(lengthSamples > 0 && { lengthSamples }),
  };
}
