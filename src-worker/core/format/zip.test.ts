import { crc32 as oracle } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, zipOf } from './zip.ts';

/** Entries as the central directory lists them, their bytes where the local headers are. */
function unzipped(archive: Uint8Array): [name: string, bytes: Uint8Array][] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = archive.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  expect(at + view.getUint32(end + 12, true)).toBe(end);
  return Array.from({ length: count }, () => {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const [crc, size] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
    expect(view.getUint32(at + 24, true)).toBe(size);
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    expect([view.getUint32(local + 14, true), view.getUint32(local + 18, true)]).toEqual([crc, size]);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    at += 46 + nameLength;
    const bytes = archive.slice(start, start + size);
    expect(oracle(bytes)).toBe(crc);
    return [name, bytes];
  });
}

describe('an archive', () => {
  it('holds every file under its name', () => {
    const file = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), fc.uint8Array());
    fc.assert(
      fc.property(fc.array(file, { maxLength: 8 }), (files) => {
        expect(unzipped(zipOf(files))).toEqual(files);
      }),
    );
  });

  it('has the checksums that everyone has', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(crc32(bytes)).toBe(oracle(bytes));
      }),
    );
  });
});
