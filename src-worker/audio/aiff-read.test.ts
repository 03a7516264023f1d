import { describe, expect, test } from 'vitest';
import type { Piece } from './byte-layout.ts';
import { big, bytes } from './byte-layout.ts';
import { readAiffLayout } from './aiff-read.ts';
import { readPcmFile } from './pcm.ts';

const chunk = (id: string, ...contents: readonly Piece[]): Uint8Array => {
  const body = bytes(...contents);
  return bytes(id, big(body.length, 4), body, body.length % 2 ? [0] : []);
};
const form = (kind: 'AIFF' | 'AIFC', ...chunks: readonly Piece[]): Uint8Array => {
  const body = bytes(kind, ...chunks);
  return bytes('FORM', big(body.length, 4), body);
};
/** 44100 as an 80-bit float: 1.0101100010001 · 2^15. */
const RATE_44100 = [0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0];
const common = (bits: number, frames: number, compression?: string, channels = 1): Uint8Array =>
  chunk(
    'COMM',
    big(channels, 2),
    big(frames, 4),
    big(bits, 2),
    RATE_44100,
    ...(compression ? [compression, [0, 0]] : []),
  );
const sound = (data: Piece, offset = 0): Uint8Array =>
  chunk('SSND', big(offset, 4), big(0, 4), new Uint8Array(offset), data);

async function read(file: Uint8Array) {
  const readAt = async (position: number, length: number) => file.subarray(position, position + length);
  const layout = await readAiffLayout(readAt, file.length);
  return { ...layout, channels: await readPcmFile(layout, readAt) };
}

const bigFloats = (bytesEach: 4 | 8, ...values: readonly number[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(bytesEach * values.length));
  values.forEach((value, i) =>
    bytesEach === 4 ? view.setFloat32(4 * i, value) : view.setFloat64(8 * i, value),
  );
  return new Uint8Array(view.buffer);
};

describe('encodings', () => {
  test.each([
    ['8 bits, signed', form('AIFF', common(8, 2), sound([64, 128]))],
    ['16 bits', form('AIFF', common(16, 2), sound([0x40, 0, 0x80, 0]))],
    ['24 bits', form('AIFF', common(24, 2), sound([0x40, 0, 0, 0x80, 0, 0]))],
    ['32 bits', form('AIFF', common(32, 2), sound([0x40, 0, 0, 0, 0x80, 0, 0, 0]))],
    ['12 bits at the top of 16', form('AIFF', common(12, 2), sound([0x40, 0, 0x80, 0]))],
    ['AIFF-C without compression', form('AIFC', common(16, 2, 'NONE'), sound([0x40, 0, 0x80, 0]))],
    ['little-endian', form('AIFC', common(16, 2, 'sowt'), sound([0, 0x40, 0, 0x80]))],
    ['in24', form('AIFC', common(24, 2, 'in24'), sound([0x40, 0, 0, 0x80, 0, 0]))],
    ['unsigned bytes', form('AIFC', common(8, 2, 'raw '), sound([192, 0]))],
    ['32-bit float', form('AIFC', common(32, 2, 'fl32'), sound(bigFloats(4, 0.5, -1)))],
    ['64-bit float', form('AIFC', common(64, 2, 'FL64'), sound(bigFloats(8, 0.5, -1)))],
    ['an offset to the first sample', form('AIFF', common(16, 2), sound([0x40, 0, 0x80, 0], 6))],
    [
      'other chunks, odd ones padded, and the sound before the format',
      form('AIFF', chunk('NAME', 'odd'), sound([0x40, 0, 0x80, 0]), chunk('ANNO', 'x'), common(16, 2)),
    ],
  ])('%s', async (_, file) => {
    const { channels, sampleRateHz } = await read(file);
    expect(channels).toEqual([Float32Array.of(0.5, -1)]);
    expect(sampleRateHz).toBe(44100);
  });

  test('two channels', async () => {
    const { channels } = await read(form('AIFF', common(8, 2, undefined, 2), sound([64, 32, 192, 224])));
    expect(channels).toEqual([Float32Array.of(0.5, -0.5), Float32Array.of(0.25, -0.25)]);
  });

  test.each(['ima4', 'GSM ', 'QDM2'])('refuses %s by name', async (compression) => {
    await expect(read(form('AIFC', common(16, 2, compression), sound([1, 2, 3, 4])))).rejects.toThrow(
      `compressed as “${compression}”`,
    );
  });
});

describe('what is missing', () => {
  test('samples', async () => {
    const whole = form('AIFF', common(16, 44100), sound(new Uint8Array(88200)));
    await expect(read(whole.subarray(0, whole.length - 44100))).rejects.toThrow(
      'is cut off (it declares 1.000 s of sound and holds 0.500 s)',
    );
  });

  test('the format, or channels', async () => {
    await expect(read(form('AIFF', sound([0, 0])))).rejects.toThrow('does not say its format');
    await expect(read(form('AIFF', common(16, 1, undefined, 0), sound([0, 0])))).rejects.toThrow(
      'no channels',
    );
    await expect(read(form('AIFF', common(16, 1)).subarray(0, 30))).rejects.toThrow('too short');
  });
});
