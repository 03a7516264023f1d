import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PcmEncoding } from './pcm.ts';
import { readPcm } from './pcm.ts';

function one(encoding: PcmEncoding, ...bytes: readonly number[]): number {
  const channel = new Float32Array(1);
  readPcm(Uint8Array.from(bytes), encoding, [channel], 0);
  return channel[0];
}

describe('integers are divided by 2^(bits − 1)', () => {
  test.each([1, 2, 3, 4])('of %i bytes, in both byte orders', (bytesPerSample) => {
    const half = 2 ** (8 * bytesPerSample - 1);
    fc.assert(
      fc.property(fc.integer({ min: -half, max: half - 1 }), (value) => {
        const low = Array.from({ length: bytesPerSample }, (_, i) => Math.floor(value / 256 ** i) & 255);
        const expected = Math.fround(value / half);
        expect(one({ kind: 'signed', bytesPerSample, littleEndian: true }, ...low)).toBe(expected);
        expect(one({ kind: 'signed', bytesPerSample, littleEndian: false }, ...low.reverse())).toBe(expected);
      }),
    );
  });

  test('unsigned bytes are centred at 128', () => {
    const encoding = { kind: 'unsigned', bytesPerSample: 1, littleEndian: true } as const;
    expect([0, 64, 128, 255].map((byte) => one(encoding, byte))).toEqual([-1, -0.5, 0, 127 / 128]);
  });
});

describe('G.711', () => {
  // Largest, smallest and middle values of the decoder tables of the recommendation, in 16-bit steps.
  test.each([
    ['mulaw', 0x00, -32124],
    ['mulaw', 0x80, 32124],
    ['mulaw', 0x7f, 0],
    ['mulaw', 0xff, 0],
    ['mulaw', 0xfe, 8],
    ['mulaw', 0x4a, -1244],
    ['alaw', 0x2a, -32256],
    ['alaw', 0xaa, 32256],
    ['alaw', 0xd5, 8],
    ['alaw', 0x55, -8],
    ['alaw', 0xc5, 264],
  ] as const)('%s %i', (kind, code, value) => {
    expect(one({ kind, bytesPerSample: 1, littleEndian: true }, code) * 32768).toBeCloseTo(value, 6);
  });
});

test('frames are dealt to channels, from the frame asked for', () => {
  const channels = [new Float32Array(3), new Float32Array(3)];
  const encoding = { kind: 'signed', bytesPerSample: 1, littleEndian: true } as const;
  readPcm(Uint8Array.of(64, 32, 192, 224, 99), encoding, channels, 1);
  expect(channels).toEqual([Float32Array.of(0, 0.5, -0.5), Float32Array.of(0, 0.25, -0.25)]);
});
