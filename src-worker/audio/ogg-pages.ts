/**
 * The pages of an Ogg file (RFC 3533), read without decoding: which codec, how long, whole and undamaged.
 * Each page carries a checksum and the last one of a stream a mark, so damage and a cut are always found.
 */

export interface OggStream {
  readonly codec: 'vorbis' | 'opus' | 'flac' | 'speex' | 'unknown';
  readonly channelCount: number;
  readonly sampleRateHz: number;
  /**
   * From the first time stamp to the last, summed over streams that follow one another: a lower bound, because the
   * first stamp is at the end of its page, and a recording of a broadcast does not start at 0.
   */
  readonly leastSamples: number;
  readonly state: 'whole' | 'cut off' | 'damaged';
}

const PAGE_HEADER_BYTES = 27;
const FIRST = 2;
const LAST = 4;

/** CRC-32 with polynomial 0x04c11db7, not reflected, from 0. */
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/** The checksum of a page, its own four checksum bytes (22 to 25) counted as 0. */
function pageChecksum(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let i = start; i < end; i++) {
    const byte = i - start >= 22 && i - start < 26 ? 0 : bytes[i];
    crc = (crc << 8) ^ CRC[(crc >>> 24) ^ byte];
  }
  return crc >>> 0;
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
}

interface Identification {
  readonly codec: OggStream['codec'];
  readonly channelCount: number;
  readonly sampleRateHz: number;
}

interface OpenStream {
  readonly identification: Identification;
  /** The first time stamp after the headers, which have 0. */
  firstStamp?: number;
}

/** Reads the first packet of a stream. */
function identify(bytes: Uint8Array, at: number): Identification {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, at, '\x01vorbis') && at + 16 <= bytes.length)
    return { codec: 'vorbis', channelCount: bytes[at + 11], sampleRateHz: view.getUint32(at + 12, true) };
  if (startsWith(bytes, at, 'OpusHead') && at + 10 <= bytes.length)
    return { codec: 'opus', channelCount: bytes[at + 9], sampleRateHz: 48000 };
  const unknown = { channelCount: 0, sampleRateHz: 0 };
  if (startsWith(bytes, at, '\x7fFLAC')) return { ...unknown, codec: 'flac' };
  if (startsWith(bytes, at, 'Speex   ')) return { ...unknown, codec: 'speex' };
  return { ...unknown, codec: 'unknown' };
}

/** `bytes` begins with “OggS”. */
export function readOggStream(bytes: Uint8Array): OggStream {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open = new Map<number, OpenStream>();
  let first: Identification | undefined;
  let leastSamples = 0;
  let position = 0;
  const result = (state: OggStream['state']): OggStream => ({
    codec: first?.codec ?? 'unknown',
    channelCount: first?.channelCount ?? 0,
    sampleRateHz: first?.sampleRateHz ?? 0,
    leastSamples,
    state,
  });

  while (position < bytes.length) {
    if (position + PAGE_HEADER_BYTES > bytes.length) return result('cut off');
    if (!startsWith(bytes, position, 'OggS')) return result('damaged');
    const flags = bytes[position + 5];
    const stamp = Number(view.getBigInt64(position + 6, true));
    const serial = view.getUint32(position + 14, true);
    const segments = bytes[position + 26];
    const body = position + PAGE_HEADER_BYTES + segments;
    if (body > bytes.length) return result('cut off');
    let end = body;
    for (let i = body - segments; i < body; i++) end += bytes[i];
    if (end > bytes.length) return result('cut off');
    if (pageChecksum(bytes, position, end) !== view.getUint32(position + 22, true)) return result('damaged');

    if (flags & FIRST) {
      const identification = identify(bytes, body);
      open.set(serial, { identification });
      if (first === undefined || (first.codec === 'unknown' && identification.codec !== 'unknown'))
        first = identification;
    }
    const stream = open.get(serial);
    if (stream && stamp > 0) stream.firstStamp ??= stamp;
    if (flags & LAST) {
      if (stream?.firstStamp !== undefined && stream.identification.codec === first?.codec)
        leastSamples += stamp - stream.firstStamp;
      open.delete(serial);
    }
    position = end;
  }
  return result(open.size > 0 ? 'cut off' : 'whole');
}
