/** For tests: a FLAC file of verbatim subframes (RFC 9639), which needs no encoder. */
import { big, bytes } from './byte-layout.ts';

export interface FlacFields {
  readonly bitDepth: 16 | 24;
  readonly rate: 8000 | 44100;
  /** Whole numbers, one array per channel; at most 2048 frames. */
  readonly channels: readonly (readonly number[])[];
  /** What the header declares; by default the truth. 0 is “unknown”. */
  readonly declaredSamples?: number;
}

const BLOCK_SAMPLES = 192;

function crc(data: Uint8Array, polynomial: number, bits: number): number {
  const top = 2 ** (bits - 1);
  return data.reduce((start, byte) => {
    let value = start ^ (byte << (bits - 8));
    for (let bit = 0; bit < 8; bit++) value = value & top ? (value << 1) ^ polynomial : value << 1;
    return value & (2 * top - 1);
  }, 0);
}

/** Bits from the most significant on, filled up with zeros to whole bytes. */
function packBits(fields: readonly (readonly [value: number, bits: number])[]): number[] {
  const bits = fields.flatMap(([value, count]) =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) & 1),
  );
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((byte, bit, place) => byte | (bit << (7 - place)), 0),
  );
}

// Frames could also refer to the header of the file for these, but the decoder does not see that.
const RATE_CODES = { 8000: 4, 44100: 9 } as const;
const DEPTH_CODES = { 16: 4, 24: 6 } as const;

function frame(number: number, { channels, bitDepth, rate }: FlacFields): Uint8Array {
  const from = number * BLOCK_SAMPLES;
  const blocks = channels.map((channel) => channel.slice(from, from + BLOCK_SAMPLES));
  // Sync code, fixed block size; size in 8 bits, rate; channels, depth; frame number; size − 1.
  const open = bytes([
    ...[0xff, 0xf8, 0x60 | RATE_CODES[rate], ((channels.length - 1) << 4) | (DEPTH_CODES[bitDepth] << 1)],
    ...(number < 128 ? [number] : [0xc0 | (number >> 6), 0x80 | (number & 63)]),
    blocks[0].length - 1,
  ]);
  const header = bytes(open, [crc(open, 0x07, 8)]);
  const subframes = blocks.flatMap((block): [number, number][] => [
    [0b00000010, 8],
    ...block.map((value): [number, number] => [value < 0 ? value + 2 ** bitDepth : value, bitDepth]),
  ]);
  const body = bytes(header, packBits(subframes));
  return bytes(body, big(crc(body, 0x8005, 16), 2));
}

export function flacByHand(fields: FlacFields): Uint8Array {
  const { channels, bitDepth, rate } = fields;
  const length = channels[0].length;
  const streamInfo = bytes(
    big(BLOCK_SAMPLES, 2),
    big(BLOCK_SAMPLES, 2),
    new Uint8Array(6),
    packBits([
      [rate, 20],
      [channels.length - 1, 3],
      [bitDepth - 1, 5],
      [fields.declaredSamples ?? length, 36],
    ]),
    new Uint8Array(16),
  );
  const frames = Array.from({ length: Math.ceil(length / BLOCK_SAMPLES) }, (_, i) => frame(i, fields));
  return bytes('fLaC', [0x80], big(streamInfo.length, 3), streamInfo, ...frames);
}
