/**
 * Where the samples of an AIFF or AIFF-C file lie (Apple, Audio Interchange File Format, 1989 and 1991).
 * Compressed AIFF-C is refused by name, except for A-law and µ-law. 8-bit samples are signed, unlike in WAV.
 */
import type { PcmEncoding, PcmLayout, ReadAt } from './pcm.ts';
import { isReadablePcm } from './pcm.ts';
import { formatSeconds, UnreadableAudio } from './unreadable.ts';

interface Common {
  readonly channelCount: number;
  readonly lengthSamples: number;
  readonly bitDepth: number;
  readonly sampleRateHz: number;
  readonly encoding: PcmEncoding;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const tagAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** 80-bit extended float: sign and exponent in 16 bits, then a 64-bit mantissa with its leading 1 written out. */
function readExtended(view: DataView, at: number): number {
  const signAndExponent = view.getUint16(at);
  const mantissa = view.getUint32(at + 2) * 2 ** 32 + view.getUint32(at + 6);
  const magnitude = mantissa * 2 ** ((signAndExponent & 0x7fff) - 16383 - 63);
  return signAndExponent & 0x8000 ? -magnitude : magnitude;
}

function encodingOf(compression: string, bitDepth: number): PcmEncoding | undefined {
  const containerBytes = Math.ceil(bitDepth / 8);
  const big = (kind: PcmEncoding['kind'], bytesPerSample: number): PcmEncoding => ({
    kind,
    bytesPerSample,
    littleEndian: false,
  });
  switch (compression) {
    case 'NONE':
    case 'twos':
      return big('signed', containerBytes);
    case 'sowt':
      return { kind: 'signed', bytesPerSample: containerBytes, littleEndian: true };
    case 'raw ':
      return big('unsigned', containerBytes);
    case 'in24':
      return big('signed', 3);
    case 'in32':
      return big('signed', 4);
    case '42ni':
      return { kind: 'signed', bytesPerSample: 3, littleEndian: true };
    case '23ni':
      return { kind: 'signed', bytesPerSample: 4, littleEndian: true };
    case 'fl32':
    case 'FL32':
      return big('float', 4);
    case 'fl64':
    case 'FL64':
      return big('float', 8);
    case 'alaw':
    case 'ALAW':
      return big('alaw', 1);
    case 'ulaw':
    case 'ULAW':
      return big('mulaw', 1);
    default:
      return undefined;
  }
}

function parseCommon(chunk: Uint8Array, isCompressed: boolean): Common {
  if (chunk.length < (isCompressed ? 22 : 18))
    throw new UnreadableAudio('is damaged (its COMM chunk is too short); export it again');
  const view = viewOf(chunk);
  const channelCount = view.getUint16(0);
  const bitDepth = view.getUint16(6);
  if (channelCount === 0) throw new UnreadableAudio('has no channels; export it again');
  const compression = isCompressed ? tagAt(chunk, 18) : 'NONE';
  const encoding = encodingOf(compression, bitDepth);
  if (!encoding || !isReadablePcm(encoding)) {
    const name = encoding ? `${bitDepth}-bit samples` : `samples compressed as “${compression}”`;
    throw new UnreadableAudio(`holds ${name}, which cannot be read here; export it as 24-bit AIFF or WAV`);
  }
  return {
    channelCount,
    lengthSamples: view.getUint32(2),
    bitDepth: bitDepth || 8 * encoding.bytesPerSample,
    sampleRateHz: readExtended(view, 8),
    encoding,
  };
}

/** @throws UnreadableAudio */
export async function readAiffLayout(readAt: ReadAt, fileBytes: number): Promise<PcmLayout> {
  const isCompressed = tagAt(await readAt(8, 4), 0) === 'AIFC';
  let common: Common | undefined;
  let data: { readonly offset: number; readonly size: number } | undefined;
  for (let position = 12; position + 8 <= fileBytes && !(common && data);) {
    const header = await readAt(position, 16);
    const id = tagAt(header, 0);
    const size = viewOf(header).getUint32(4);
    const offset = position + 8;
    if (id === 'COMM') {
      common = parseCommon(await readAt(offset, Math.min(size, 22)), isCompressed);
    } else if (id === 'SSND' && header.length >= 12) {
      // Eight bytes precede the samples: an offset to the first of them, and an alignment block size.
      const skip = 8 + viewOf(header).getUint32(8);
      data = { offset: offset + skip, size: size - skip };
    }
    position = offset + size + (size % 2);
  }
  if (!common)
    throw new UnreadableAudio('is cut off or damaged (it does not say its format); export it again');
  const { channelCount, encoding, lengthSamples, sampleRateHz } = common;
  const frameBytes = channelCount * encoding.bytesPerSample;
  const available = data ? Math.max(0, Math.min(data.size, fileBytes - data.offset)) : 0;
  const heldSamples = Math.floor(available / frameBytes);
  if (heldSamples < lengthSamples) {
    const seconds = (samples: number): string => formatSeconds(samples / sampleRateHz);
    throw new UnreadableAudio(
      `is cut off (it declares ${seconds(lengthSamples)} of sound and holds ${seconds(heldSamples)}); copy or export it again`,
    );
  }
  return { ...common, dataOffsetBytes: data?.offset ?? 0 };
}
