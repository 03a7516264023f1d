/** For tests: bytes put together by hand, as the format documents write them. */

export type Piece = Uint8Array | readonly number[] | string;

const toBytes = (piece: Piece): Uint8Array =>
  typeof piece === 'string'
    ? Uint8Array.from(piece, (character) => character.charCodeAt(0))
    : Uint8Array.from(piece);

export function bytes(...pieces: readonly Piece[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...toBytes(piece)]));
}

/** `count` bytes of a whole number, little-endian. */
export function little(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) & 255);
}

/** `count` bytes of a whole number, big-endian. */
export function big(value: number, count: number): number[] {
  return little(value, count).reverse();
}

/** A RIFF chunk with its pad byte. */
export function chunk(id: string, ...contents: readonly Piece[]): Uint8Array {
  const body = bytes(...contents);
  return bytes(id, little(body.length, 4), body, body.length % 2 ? [0] : []);
}

export function riff(...chunks: readonly Piece[]): Uint8Array {
  const body = bytes('WAVE', ...chunks);
  return bytes('RIFF', little(body.length, 4), body);
}

export interface FormatFields {
  readonly tag?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  readonly containerBytes?: number;
}

/** A `fmt ` chunk of 16 bytes, or with `extra` after it. */
export function formatChunk(
  { tag = 1, channels = 1, rate = 44100, bits = 16, containerBytes = bits / 8 }: FormatFields,
  ...extra: readonly Piece[]
): Uint8Array {
  const block = channels * containerBytes;
  return chunk(
    'fmt ',
    little(tag, 2),
    little(channels, 2),
    little(rate, 4),
    little(rate * block, 4),
    little(block, 2),
    little(bits, 2),
    ...extra,
  );
}
