import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Audio } from '#core/signal/audio.ts';
import { readPcmFile } from './pcm.ts';
import type { WavDepth } from './wav.ts';
import { encodeWav, encodeWavInChunks, readWavLayout } from './wav.ts';
import { wavHeader } from './wav-write.ts';

const readerOf = (file: Uint8Array) => async (position: number, length: number) =>
  file.subarray(position, position + length);

async function read(file: Uint8Array): Promise<Audio & { bitDepth: number }> {
  const layout = await readWavLayout(readerOf(file), file.length);
  const channels = await readPcmFile(layout, readerOf(file));
  return { sampleRateHz: layout.sampleRateHz, bitDepth: layout.bitDepth, channels };
}

const mono = (...samples: readonly number[]): Audio => ({
  sampleRateHz: 44100,
  channels: [Float32Array.from(samples)],
});

const anyAudio = (sample: fc.Arbitrary<number>) =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 8000, max: 384_000 }),
    )
    .chain(([channelCount, length, sampleRateHz]) =>
      fc.record({
        sampleRateHz: fc.constant(sampleRateHz),
        channels: fc.array(
          fc
            .array(sample, { minLength: length, maxLength: length })
            .map((values) => Float32Array.from(values)),
          { minLength: channelCount, maxLength: channelCount },
        ),
      }),
    );

describe('what is written is read back', () => {
  test('32-bit float: every finite float, bit for bit', async () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(anyAudio(finite), async (audio) => {
        const { sampleRateHz, channels, bitDepth } = await read(encodeWav(audio, '32f'));
        expect(bitDepth).toBe(32);
        expect({ sampleRateHz, channels }).toEqual(audio);
      }),
    );
  });

  test('24 bits: every 24-bit value, bit for bit', async () => {
    const value = fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }).map((integer) => integer / 2 ** 23);
    await fc.assert(
      fc.asyncProperty(anyAudio(value), async (audio) => {
        const { sampleRateHz, channels } = await read(encodeWav(audio, '24'));
        expect({ sampleRateHz, channels }).toEqual(audio);
      }),
    );
  });

  test('16 bits: within one and a half steps, and zeros as zeros', async () => {
    const value = fc.oneof(fc.constant(0), fc.float({ min: -1, max: Math.fround(0.99), noNaN: true }));
    await fc.assert(
      fc.asyncProperty(anyAudio(value), fc.nat(), async (audio, seed) => {
        const { channels } = await read(encodeWav(audio, '16', { seed }));
        audio.channels.forEach((channel, c) =>
          channel.forEach((sample, n) => {
            const error = Math.abs(channels[c][n] - sample);
            expect(error).toBeLessThanOrEqual(sample === 0 ? 0 : 1.5 / 32768);
          }),
        );
      }),
    );
  });

  test('longer than one piece', async () => {
    const samples = Float32Array.from({ length: 600_001 }, (_, n) => Math.sin(n));
    const audio = { sampleRateHz: 48000, channels: [samples, samples.map((sample) => -sample)] };
    const { chunks } = encodeWavInChunks(audio, '32f');
    expect(chunks.length).toBeGreaterThan(3);
    const { channels } = await read(encodeWav(audio, '32f'));
    expect(channels).toHaveLength(2);
    channels.forEach((channel, c) => {
      expect(channel.length).toBe(samples.length);
      expect(channel.findIndex((sample, n) => sample !== audio.channels[c][n])).toBe(-1);
    });
  });
});

describe('clipping', () => {
  test('integers are held at full scale, and samples beyond it counted', async () => {
    const audio = mono(1.5, -1.5, 1, -1, 1.0001, 0.5);
    for (const depth of ['16', '24'] as const) {
      const top = depth === '16' ? 32767 / 32768 : (2 ** 23 - 1) / 2 ** 23;
      const { chunks, clippedSamples } = encodeWavInChunks(audio, depth);
      expect(clippedSamples).toBe(3);
      const { channels } = await read(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
      expect(channels[0][0]).toBe(Math.fround(top));
      expect(channels[0][1]).toBe(-1);
    }
  });

  test('float keeps what is beyond full scale', async () => {
    const { chunks, clippedSamples } = encodeWavInChunks(mono(2.5, -8), '32f');
    expect(clippedSamples).toBe(0);
    expect((await read(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])))).channels[0]).toEqual(
      Float32Array.of(2.5, -8),
    );
  });

  test.each(['16', '24', '32f'] as const)('%s: a sample that is not finite is refused', (depth) => {
    expect(() => encodeWav(mono(0, NaN), depth)).toThrow(RangeError);
    expect(() => encodeWav(mono(0, -Infinity), depth)).toThrow(RangeError);
  });
});

describe('dither of 16 bits', () => {
  const constant = { sampleRateHz: 44100, channels: [new Float32Array(100_000).fill(0.3 / 32768)] };

  test('keeps the mean of a signal smaller than a step, with the power of a triangular density', async () => {
    const steps = (await read(encodeWav(constant, '16'))).channels[0].map((sample) => sample * 32768);
    const mean = steps.reduce((sum, value) => sum + value, 0) / steps.length;
    const variance = steps.reduce((sum, value) => sum + (value - mean) ** 2, 0) / steps.length;
    expect(mean).toBeCloseTo(0.3, 2);
    // 1/6 of the dither and 1/12 of the rounding.
    expect(variance).toBeCloseTo(0.25, 2);
  });

  test('depends on the seed only', () => {
    const short = { ...constant, channels: [constant.channels[0].subarray(0, 10_000)] };
    const seeded = (seed: number): Uint8Array => encodeWav(short, '16', { seed });
    expect(seeded(7)).toEqual(seeded(7));
    expect(seeded(7)).not.toEqual(seeded(8));
    expect(encodeWav(short, '16')).toEqual(encodeWav(short, '16'));
  });
});

describe('the header', () => {
  const ascii = (header: Uint8Array, at: number): string =>
    String.fromCharCode(...header.subarray(at, at + 4));
  const shape = { sampleRateHz: 48000, channelCount: 2, lengthSamples: 100, depth: '24' as WavDepth };

  test('is the plain one of 44 bytes for integers of one or two channels', () => {
    const header = wavHeader(shape);
    expect(header.length).toBe(44);
    expect(ascii(header, 0)).toBe('RIFF');
    expect(new DataView(header.buffer).getUint32(4, true)).toBe(36 + 600);
    expect(new DataView(header.buffer).getUint16(20, true)).toBe(1);
  });

  test('declares speakers for more channels', () => {
    const header = wavHeader({ ...shape, channelCount: 6 });
    expect(new DataView(header.buffer).getUint16(20, true)).toBe(0xfffe);
    expect(new DataView(header.buffer).getUint32(40, true)).toBe(0x3f);
  });

  test('an odd number of bytes is padded, and the pad is not part of the data', () => {
    const file = encodeWav(mono(0.1, 0.2, 0.3), '24');
    expect(file.length).toBe(44 + 9 + 1);
    expect(new DataView(file.buffer).getUint32(40, true)).toBe(9);
    expect(new DataView(file.buffer).getUint32(4, true)).toBe(file.length - 8);
  });

  test('of 4 GiB and more is RF64 with sizes of 64 bits, which the reader understands', async () => {
    const lengthSamples = 2 ** 30 + 1;
    const header = wavHeader({ ...shape, depth: '32f', lengthSamples });
    expect(ascii(header, 0)).toBe('RF64');
    const fileBytes = header.length + lengthSamples * 8;
    expect(new DataView(header.buffer).getBigUint64(20, true)).toBe(BigInt(fileBytes - 8));
    const layout = await readWavLayout(readerOf(header), fileBytes);
    expect(layout).toMatchObject({ lengthSamples, dataOffsetBytes: header.length, channelCount: 2 });
    await expect(readWavLayout(readerOf(header), fileBytes - 1)).rejects.toThrow(/is cut off/);
  });

  test('just below 4 GiB is still RIFF', () => {
    const lengthSamples = Math.floor((2 ** 32 - 100) / 6);
    expect(ascii(wavHeader({ ...shape, lengthSamples }), 0)).toBe('RIFF');
  });
});
