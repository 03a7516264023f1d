/**
 * Where the samples of a WAV file lie: RIFF (little-endian), RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088), plain
 * formats and WAVE_FORMAT_EXTENSIBLE.
 *
 * Tolerated: unknown chunks anywhere, a missing pad byte at the end, and the data sizes left by programs that
 * stream or crash before they know it (0, 0xFFFFFFFF and about 2^31), which mean “to the end of the file”. A data
 * chunk that declares more than the file holds is an error, since material is missing.
 */
import type { PcmEncoding, PcmLayout, ReadAt } from './pcm.ts';
import { isReadablePcm } from './pcm.ts';
import { formatSeconds, UnreadableAudio } from './unreadable.ts';

const EXTENSIBLE = 0xfffe;

const COMPRESSED_NAMES: Readonly<Record<number, string>> = {
  0x02: 'Microsoft ADPCM',
  0x11: 'IMA ADPCM',
  0x31: 'GSM 6.10',
  0x50: 'MPEG',
  0x55: 'MP3',
  0xff: 'AAC',
  0x161: 'Windows Media Audio',
  0x162: 'Windows Media Audio',
  0x163: 'Windows Media Audio',
  0x2000: 'AC-3',
};

/** The end of every format GUID whose first two bytes are a plain format tag. */
const SUBFORMAT_TAIL = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
/** The same for first-order B-format, which holds plain samples too. */
const AMBISONIC_TAIL = [0, 0, 33, 7, 211, 17, 134, 68, 200, 193, 202, 0, 0, 0];

const UNKNOWN_32 = 0xffffffff;

interface Format {
  readonly encoding: PcmEncoding;
  readonly bitDepth: number;
  readonly sampleRateHz: number;
  readonly channelCount: number;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const tagOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 4));

function encodingKind(tag: number, bytesPerSample: number): PcmEncoding['kind'] | undefined {
  switch (tag) {
    case 0x01:
      return bytesPerSample === 1 ? 'unsigned' : 'signed';
    case 0x03:
      return 'float';
    case 0x06:
      return 'alaw';
    case 0x07:
      return 'mulaw';
    default:
      return undefined;
  }
}

function subformatTag(chunk: Uint8Array): number | undefined {
  const tail = chunk.subarray(26, 40);
  const matches = (expected: readonly number[]): boolean => expected.every((byte, i) => tail[i] === byte);
  return matches(SUBFORMAT_TAIL) || matches(AMBISONIC_TAIL) ? viewOf(chunk).getUint16(24, true) : undefined;
}

function parseFormat(chunk: Uint8Array): Format {
  if (chunk.length < 16)
    throw new UnreadableAudio('is damaged (its format chunk is too short); export it again');
  const view = viewOf(chunk);
  const channelCount = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const blockBytes = view.getUint16(12, true);
  const bitDepth = view.getUint16(14, true);
  if (channelCount === 0) throw new UnreadableAudio('has no channels; export it again');

  const plainTag = view.getUint16(0, true);
  const tag = plainTag === EXTENSIBLE ? subformatTag(chunk) : plainTag;
  const bytesPerSample = blockBytes / channelCount;
  const kind = tag === undefined ? undefined : encodingKind(tag, bytesPerSample);
  const encoding = kind && { kind, bytesPerSample, littleEndian: true };
  if (!encoding || !isReadablePcm(encoding) || bitDepth > 8 * bytesPerSample) {
    const name = encoding
      ? `${bitDepth}-bit samples of the kind “${kind}” in ${bytesPerSample} bytes`
      : `${COMPRESSED_NAMES[tag ?? 0] ?? 'an unknown encoding'}${tag === undefined ? '' : ` (WAV format ${tag})`}`;
    throw new UnreadableAudio(
      `holds ${name}, which cannot be read here; export it as 16-bit, 24-bit or float WAV`,
    );
  }
  return { encoding, bitDepth: bitDepth || 8 * bytesPerSample, sampleRateHz, channelCount };
}

/** Whether a declared data size that the file cannot hold stands for “unknown” rather than for lost material. */
function isStreamedSize(size: number, riffSize: number, fileBytes: number): boolean {
  if (size === 0) return riffSize + 8 !== fileBytes && riffSize + 9 !== fileBytes;
  return size === UNKNOWN_32 || (size >= 0x7ffff000 && size <= 0x80000000);
}

/** @throws UnreadableAudio */
export async function readWavLayout(readAt: ReadAt, fileBytes: number): Promise<PcmLayout> {
  const riff = await readAt(0, 12);
  const is64 = tagOf(riff) !== 'RIFF';
  const riffSize = viewOf(riff).getUint32(4, true);
  let dataSize64: number | undefined;
  let format: Format | undefined;
  let data: { readonly offset: number; readonly size: number } | undefined;

  for (let position = 12; position + 8 <= fileBytes && !(format && data);) {
    const header = await readAt(position, 8);
    const id = tagOf(header);
    const declared = viewOf(header).getUint32(4, true);
    const offset = position + 8;
    let size = declared;
    if (id === 'ds64') {
      const chunk = await readAt(offset, 16);
      if (chunk.length === 16) dataSize64 = Number(viewOf(chunk).getBigUint64(8, true));
    } else if (id === 'fmt ') {
      format = parseFormat(await readAt(offset, Math.min(declared, 40)));
    } else if (id === 'data') {
      if (is64 && declared === UNKNOWN_32 && dataSize64 !== undefined) size = dataSize64;
      data = { offset, size };
    }
    position = offset + size + (size % 2);
  }
  if (!format)
    throw new UnreadableAudio('is cut off or damaged (it does not say its format); export it again');
  if (!data) throw new UnreadableAudio('is cut off before its first sample; copy or export it again');

  const { channelCount, encoding, sampleRateHz } = format;
  const available = Math.max(0, fileBytes - data.offset);
  const frameBytes = channelCount * encoding.bytesPerSample;
  let { size } = data;
  if (size === 0 || size > available) {
    if (isStreamedSize(size, riffSize, fileBytes)) size = available;
    else if (size - available === 1 && size % frameBytes === 1) size = available;
    else if (size > available) {
      const seconds = (bytes: number): string => formatSeconds(bytes / frameBytes / sampleRateHz);
      throw new UnreadableAudio(
        `is cut off (it declares ${seconds(size)} of sound and holds ${seconds(available)}); copy or export it again`,
      );
    }
  }
  return { ...format, dataOffsetBytes: data.offset, lengthSamples: Math.floor(size / frameBytes) };
}
