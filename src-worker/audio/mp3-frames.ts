/**
 * The frames of an MPEG Layer III stream, found without decoding: enough to know whether a file really is MP3,
 * whether it is complete, and how many channels it has (ISO/IEC 11172-3 §2.4, 13818-3). The frame count comes
 * from the Xing/Info header that encoders write into a first frame without sound.
 */

export interface Mp3Stream {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Samples in all whole frames that carry sound, encoder delay and padding included. */
  readonly frameSamples: number;
  /** Whether a first frame without sound tells decoders what to trim. */
  readonly isTagged: boolean;
  /** Whether frames are missing at the end. */
  readonly isCutOff: boolean;
}

interface FrameHeader {
  readonly version: 1 | 2 | 2.5;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly samples: number;
  readonly bytes: number;
}

const BITRATES_KBPS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_KBPS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES_HZ = [44100, 48000, 32000];
/** How far into a file without a tag the first frame may lie. */
const SEARCH_BYTES = 1 << 16;
/** Damage inside is looked over for this far; trailing tags are never longer than what remains. */
const RESYNC_BYTES = 1 << 16;

const HEADER_BYTES = 4;

function readHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes[at] !== 0xff || (bytes[at + 1] & 0xe6) !== 0xe2)
    return undefined;
  const version = ([2.5, undefined, 2, 1] as const)[(bytes[at + 1] >> 3) & 3];
  const bitrateIndex = bytes[at + 2] >> 4;
  const rateIndex = (bytes[at + 2] >> 2) & 3;
  if (version === undefined || bitrateIndex === 0 || bitrateIndex === 15 || rateIndex === 3) return undefined;
  const kbps = (version === 1 ? BITRATES_KBPS_1 : BITRATES_KBPS_2)[bitrateIndex];
  const sampleRateHz = SAMPLE_RATES_HZ[rateIndex] / (version === 1 ? 1 : version === 2 ? 2 : 4);
  const samples = version === 1 ? 1152 : 576;
  const padding = (bytes[at + 2] >> 1) & 1;
  return {
    version,
    sampleRateHz,
    channelCount: bytes[at + 3] >> 6 === 3 ? 1 : 2,
    samples,
    bytes: Math.floor((samples * 125 * kbps) / sampleRateHz) + padding,
  };
}

const tagAt = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** Bytes taken by an ID3v2 tag at the start; 0 without one. */
export function id3Bytes(bytes: Uint8Array): number {
  if (bytes.length < 10 || tagAt(bytes, 0, 3) !== 'ID3') return 0;
  const size = (bytes[6] << 21) | (bytes[7] << 14) | (bytes[8] << 7) | bytes[9];
  return 10 + size + (bytes[5] & 0x10 ? 10 : 0);
}

const continues = (first: FrameHeader, next: FrameHeader | undefined): boolean =>
  next?.version === first.version && next.sampleRateHz === first.sampleRateHz;

/** A frame at `at` that another one follows, or that ends the file. */
function confirmedFrame(bytes: Uint8Array, at: number): FrameHeader | undefined {
  const header = readHeader(bytes, at);
  if (!header) return undefined;
  const end = at + header.bytes;
  return end === bytes.length || continues(header, readHeader(bytes, end)) ? header : undefined;
}

function findFrame(bytes: Uint8Array, from: number, limit: number): number | undefined {
  const end = Math.min(bytes.length - HEADER_BYTES, from + limit);
  for (let at = from; at <= end; at++) {
    if (bytes[at] === 0xff && confirmedFrame(bytes, at)) return at;
  }
  return undefined;
}

/** The frame count an encoder wrote into its first frame: undefined without such a frame, 0 where it gives none. */
function declaredFrames(bytes: Uint8Array, at: number, header: FrameHeader): number | undefined {
  const sideBytes =
    header.version === 1 ? (header.channelCount === 1 ? 17 : 32) : header.channelCount === 1 ? 9 : 17;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const xing = at + 4 + sideBytes;
  if (xing + 12 <= bytes.length && ['Xing', 'Info'].includes(tagAt(bytes, xing, 4)))
    return view.getUint32(xing + 4) & 1 ? view.getUint32(xing + 8) : 0;
  const vbri = at + 36;
  if (vbri + 18 <= bytes.length && tagAt(bytes, vbri, 4) === 'VBRI') return view.getUint32(vbri + 14);
  return undefined;
}

/** Undefined when this is not MP3. */
export function readMp3Stream(bytes: Uint8Array): Mp3Stream | undefined {
  const start = findFrame(bytes, id3Bytes(bytes), SEARCH_BYTES);
  if (start === undefined) return undefined;
  const first = readHeader(bytes, start)!;
  const declared = declaredFrames(bytes, start, first);

  let frames = 0;
  let lastIsCut = false;
  let position = declared === undefined ? start : start + first.bytes;
  while (position < bytes.length) {
    const header = readHeader(bytes, position);
    if (header && continues(first, header)) {
      lastIsCut = position + header.bytes > bytes.length;
      if (!lastIsCut) frames += 1;
      position += header.bytes;
      continue;
    }
    const next = findFrame(bytes, position, RESYNC_BYTES);
    if (next === undefined) {
      lastIsCut ||= bytes.length - position < HEADER_BYTES && bytes[position] === 0xff;
      break;
    }
    position = next;
  }
  // Some encoders count the first frame, which has no sound, and some do not.
  const isComplete = declared ? frames >= declared - (lastIsCut ? 0 : 1) : !lastIsCut;
  return {
    sampleRateHz: first.sampleRateHz,
    channelCount: first.channelCount,
    frameSamples: frames * first.samples,
    isTagged: declared !== undefined,
    isCutOff: !isComplete,
  };
}
