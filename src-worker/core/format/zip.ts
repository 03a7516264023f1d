/**
 * Several files as one: a ZIP archive whose entries are stored as they are, without compression.
 *
 *   for each file: local header, name, bytes; then for each file: central header, name; then the end record
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, 4.3 and 4.4. Names are UTF-8 (bit 11 of the flags); all entries have the same date, so
 * that the same files give the same archive. Unspecified: folders, archives beyond 4 GB or 65,535 files.
 */

const LOCAL_HEADER = 0x0403_4b50;
const CENTRAL_HEADER = 0x0201_4b50;
const END_RECORD = 0x0605_4b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1 January 1980, the first day there is. */
const DATE = 0x0021;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb8_8320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 as in ISO 3309, of the reflected polynomial 0xEDB88320. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** The bytes of an archive of these files, by name. */
export function zipOf(files: Iterable<readonly [name: string, bytes: Uint8Array]>): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const encodedName = encoder.encode(name);
    const facts = [
      ...words(VERSION, UTF8_NAMES, 0, 0, DATE),
      ...longs(crc32(bytes), bytes.length, bytes.length),
      ...words(encodedName.length, 0),
    ];
    const local = Uint8Array.from([...longs(LOCAL_HEADER), ...facts]);
    parts.push(local, encodedName, bytes);
    central.push(
      Uint8Array.from([
        ...longs(CENTRAL_HEADER),
        ...words(VERSION),
        ...facts,
        // No comment, first disk, no attributes.
        ...words(0, 0, 0),
        ...longs(0, offset),
      ]),
      encodedName,
    );
    offset += local.length + encodedName.length + bytes.length;
  }
  const count = central.length / 2;
  const centralLength = central.reduce((sum, { length }) => sum + length, 0);
  const end = Uint8Array.from([
    ...longs(END_RECORD),
    ...words(0, 0, count, count),
    ...longs(centralLength, offset),
    ...words(0),
  ]);
  const archive = new Uint8Array(offset + centralLength + end.length);
  let at = 0;
  for (const part of [...parts, ...central, end]) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

/** Little-endian, 16 bits each. */
const words = (...values: readonly number[]): number[] =>
  values.flatMap((value) => [value & 0xff, (value >>> 8) & 0xff]);

/** Little-endian, 32 bits each. */
const longs = (...values: readonly number[]): number[] =>
  values.flatMap((value) => words(value & 0xffff, value >>> 16));
