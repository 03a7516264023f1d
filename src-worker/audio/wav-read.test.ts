import { describe, expect, test } from 'vitest';
import { bytes, chunk, formatChunk, little, riff } from './byte-layout.ts';
import { readPcmFile } from './pcm.ts';
import { readWavLayout } from './wav-read.ts';

const GUID_TAIL = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
const samples16 = (...values: readonly number[]): number[] =>
  values.flatMap((value) => little(value & 0xffff, 2));
const extensible = (subformat: number, validBits: number): number[] => [
  ...little(22, 2),
  ...little(validBits, 2),
  ...little(0, 4),
  ...little(subformat, 2),
  ...GUID_TAIL,
];

async function read(file: Uint8Array) {
  const readAt = async (position: number, length: number) => file.subarray(position, position + length);
  const layout = await readWavLayout(readAt, file.length);
  return { ...layout, channels: await readPcmFile(layout, readAt) };
}

const EXPECTED = [Float32Array.of(0.5, -1)];
const DATA = samples16(16384, -32768);

describe('headers as programs write them', () => {
  test.each([
    ['plain', riff(formatChunk({}), chunk('data', DATA))],
    ['a format chunk of 18 bytes', riff(formatChunk({}, little(0, 2)), chunk('data', DATA))],
    ['chunks before the format', riff(chunk('LIST', 'INFOabc'), formatChunk({}), chunk('data', DATA))],
    [
      'an odd unknown chunk with its pad byte between',
      riff(chunk('JUNK', 'x'), formatChunk({}), chunk('bext', 'odd'), chunk('data', DATA)),
    ],
    ['chunks after the samples', riff(formatChunk({}), chunk('data', DATA), chunk('id3 ', 'tag'))],
    ['samples before the format', riff(chunk('data', DATA), formatChunk({}))],
    ['WAVE_FORMAT_EXTENSIBLE', riff(formatChunk({ tag: 0xfffe }, extensible(1, 16)), chunk('data', DATA))],
    ['a streamed file: sizes 0xFFFFFFFF', streamed(0xffffffff, 0xffffffff)],
    ['a streamed file: sizes 0', streamed(0, 0)],
    ['a recording that crashed: sizes as at its start', streamed(36, 0)],
    ['a streamed file: sizes about 2^31', streamed(0x7fffffff, 0x7ffff000)],
    [
      'RF64',
      bytes(
        ...['RF64', little(0xffffffff, 4), 'WAVE'],
        chunk('ds64', little(72, 8), little(4, 8), little(2, 8), little(0, 4)),
        formatChunk({}),
        ...['data', little(0xffffffff, 4), DATA],
        chunk('LIST', 'after'),
      ),
    ],
    [
      'BW64 with the real size in the data chunk',
      bytes(
        ...['BW64', little(0xffffffff, 4), 'WAVE'],
        chunk('ds64', little(0, 8), little(0, 8), little(0, 8), little(0, 4)),
        formatChunk({}),
        chunk('data', DATA),
      ),
    ],
  ])('%s', async (_, file) => {
    const { channels, sampleRateHz, bitDepth } = await read(file);
    expect(channels).toEqual(EXPECTED);
    expect({ sampleRateHz, bitDepth }).toEqual({ sampleRateHz: 44100, bitDepth: 16 });
  });

  function streamed(riffSize: number, dataSize: number): Uint8Array {
    return bytes('RIFF', little(riffSize, 4), 'WAVE', formatChunk({}), 'data', little(dataSize, 4), DATA);
  }
});

describe('encodings', () => {
  const float = (...values: readonly number[]): Uint8Array =>
    new Uint8Array(Float32Array.from(values).buffer);
  const double = (...values: readonly number[]): Uint8Array =>
    new Uint8Array(Float64Array.from(values).buffer);
  const int32 = (...values: readonly number[]): number[] => values.flatMap((value) => little(value >>> 0, 4));

  test.each([
    ['8 bits', formatChunk({ bits: 8 }), [192, 0], 8],
    ['24 bits', formatChunk({ bits: 24 }), [0, 0, 0x40, 0, 0, 0x80], 24],
    ['32 bits', formatChunk({ bits: 32 }), int32(2 ** 30, -(2 ** 31)), 32],
    ['32-bit float', formatChunk({ tag: 3, bits: 32 }, little(0, 2)), float(0.5, -1), 32],
    ['64-bit float', formatChunk({ tag: 3, bits: 64 }), double(0.5, -1), 64],
    ['extensible float', formatChunk({ tag: 0xfffe, bits: 32 }, extensible(3, 32)), float(0.5, -1), 32],
    [
      '24 valid bits in 4 bytes',
      formatChunk({ tag: 0xfffe, bits: 32 }, extensible(1, 24)),
      int32(2 ** 30, -(2 ** 31)),
      32,
    ],
    ['20 bits in 3 bytes', formatChunk({ bits: 20, containerBytes: 3 }), [0, 0, 0x40, 0, 0, 0x80], 20],
  ] as const)('%s', async (_, format, data, bitDepth) => {
    const result = await read(riff(format, chunk('data', data)));
    expect(result.channels).toEqual(EXPECTED);
    expect(result.bitDepth).toBe(bitDepth);
  });

  test.each([
    ['Microsoft ADPCM (WAV format 2)', formatChunk({ tag: 2, bits: 4, containerBytes: 1 })],
    ['MP3 (WAV format 85)', formatChunk({ tag: 0x55, bits: 0, containerBytes: 1 })],
    ['an unknown encoding (WAV format 4660)', formatChunk({ tag: 0x1234 })],
    ['an unknown encoding', formatChunk({ tag: 0xfffe }, new Uint8Array(24).fill(7))],
    ['64-bit samples', formatChunk({ bits: 64 })],
  ])('refuses %s by name', async (name, format) => {
    await expect(read(riff(format, chunk('data', DATA)))).rejects.toThrow(`holds ${name}`);
  });
});

describe('what is missing', () => {
  const plain = riff(formatChunk({}), chunk('data', samples16(...new Array<number>(44100).fill(1))));

  test('samples: says how much is there', async () => {
    await expect(read(plain.subarray(0, 44 + 44100))).rejects.toThrow(
      'is cut off (it declares 1.000 s of sound and holds 0.500 s); copy or export it again',
    );
    await expect(read(plain.subarray(0, plain.length - 1))).rejects.toThrow('is cut off');
  });

  test.each([12, 19, 20, 30, 36, 43])('everything after byte %i', async (length) => {
    await expect(read(plain.subarray(0, length))).rejects.toThrow(/cut off|damaged/);
  });

  test('channels', async () => {
    await expect(read(riff(formatChunk({ channels: 0 }), chunk('data', DATA)))).rejects.toThrow(
      'no channels',
    );
  });

  test('nothing but samples, in a file that says so: 0 samples', async () => {
    expect((await read(riff(formatChunk({}), chunk('data')))).lengthSamples).toBe(0);
    expect((await read(riff(formatChunk({}), chunk('data'), chunk('LIST', 'x')))).lengthSamples).toBe(0);
  });
});
