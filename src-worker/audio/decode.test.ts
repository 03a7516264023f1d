import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '#core/errors.ts';
import { gainToLufs } from '#core/loudness/index.ts';
import { bytes, chunk, formatChunk, little, riff } from './byte-layout.ts';
import type { DecodedAudio } from './decode.ts';
import { decodeFile } from './decode.ts';
import { flacByHand } from './flac-by-hand.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { encodeWav } from './wav.ts';

const folder = temporaryFolder();
const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const fixtureBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(fixture(name)));

let files = 0;
const decodeBytes = (contents: Uint8Array, name = `${files++}.bin`): Promise<DecodedAudio> =>
  decodeFile(folder.file(name, contents));

async function problem(path: string): Promise<string> {
  const error: unknown = await decodeFile(path).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).code).toBe('bad-input');
  const { message } = error as UserError;
  // One sentence that begins with the file.
  expect(message.startsWith(`“${path}” `)).toBe(true);
  expect(message).toMatch(/^[^\n]+\.$/);
  return message.slice(path.length + 3);
}
const problemWith = (contents: Uint8Array | string, name = `${files++}.bin`): Promise<string> =>
  problem(folder.file(name, contents));

/** Level of the 440 Hz of the fixtures, and how much of the signal is something else. */
function toneOf({ channels, sampleRateHz }: DecodedAudio, channel = 0): { peak: number; residueDb: number } {
  const y = channels[channel].subarray(Math.round(0.05 * sampleRateHz), Math.round(0.35 * sampleRateHz));
  const w = (2 * Math.PI * 440) / sampleRateHz;
  // 0.3 s are 132 whole periods, so sine and cosine are orthogonal.
  let [a, b, energy] = [0, 0, 0];
  y.forEach((sample, n) => {
    a += (2 / y.length) * sample * Math.sin(w * n);
    b += (2 / y.length) * sample * Math.cos(w * n);
    energy += sample * sample;
  });
  const power = (a * a + b * b) / 2;
  return {
    peak: Math.hypot(a, b),
    residueDb: 10 * Math.log10(Math.max(1e-12, energy / y.length / power - 1)),
  };
}

describe('the formats', () => {
  test('WAV: its own samples, bit for bit, with the container named', async () => {
    const channels = [Float32Array.of(0.1, -3.7, 1e-30), Float32Array.of(0, 1, -1)];
    const decoded = await decodeBytes(encodeWav({ sampleRateHz: 96000, channels }, '32f'), 'take.wav');
    expect(decoded).toEqual({ format: 'WAV', bitDepth: 32, sampleRateHz: 96000, channels });
  });

  test('FLAC: bit for bit where a frame begins across the end of what is decoded at once', async () => {
    const channels = [Array.from({ length: 150_000 }, (_, n) => Math.round(Math.sin(n * n) * 30_000))];
    const plain = flacByHand({ bitDepth: 16, rate: 44100, channels });
    const pieceBytes = 2 ** 18;
    let frameAt = pieceBytes - 100;
    while (!(plain[frameAt] === 0xff && plain[frameAt + 1] === 0xf8)) frameAt--;
    for (const split of [1, 2, 5]) {
      // A block of padding behind the first block moves that frame.
      const padding = pieceBytes - split - frameAt - 4;
      const bytes = Buffer.concat(
        [
          plain.subarray(0, 4),
          [0],
          plain.subarray(5, 42),
          [0x81, 0, padding >> 8, padding & 255],
          new Uint8Array(padding),
          plain.subarray(42),
        ].map((part) => Uint8Array.from(part)),
      );
      const decoded = await decodeBytes(bytes);
      expect(decoded.channels[0]).toEqual(Float32Array.from(channels[0], (value) => value / 2 ** 15));
    }
  });

  test('FLAC: bit for bit at 16 and 24 bits, ends of the range included', async () => {
    for (const bitDepth of [16, 24] as const) {
      const half = 2 ** (bitDepth - 1);
      const channels = [0, 1].map((c) =>
        Array.from({ length: 500 }, (_, n) => Math.round(Math.sin(n * n + c) * (half - 1))),
      );
      channels[0].splice(0, 4, -half, half - 1, 1, -1);
      const decoded = await decodeBytes(flacByHand({ bitDepth, rate: 44100, channels }));
      expect(decoded).toEqual({
        format: 'FLAC',
        bitDepth,
        sampleRateHz: 44100,
        channels: channels.map((values) => Float32Array.from(values, (value) => value / half)),
      });
    }
  });

  test.each([
    ['tone-mono.mp3', 'MP3', 44100, 1, 17640],
    ['tone-both.mp3', 'MP3', 44100, 2, 17640],
    ['tone-vorbis.ogg', 'Ogg Vorbis', 44100, 1, 17640],
    ['tone-opus.opus', 'Ogg Opus', 48000, 1, 19200],
    ['tone-flac.ogg', 'Ogg FLAC', 44100, 1, 17640],
  ])(
    '%s: %s at %i Hz, %i channels, %i samples of the tone',
    async (name, format, rate, channelCount, length) => {
      const decoded = await decodeFile(fixture(name));
      expect(decoded.format).toBe(format);
      expect(decoded.sampleRateHz).toBe(rate);
      expect(decoded.channels.map((channel) => channel.length)).toEqual(new Array(channelCount).fill(length));
      for (let c = 0; c < channelCount; c++) {
        const { peak, residueDb } = toneOf(decoded, c);
        expect(20 * Math.log10(peak)).toBeCloseTo(-6, 0);
        expect(residueDb).toBeLessThan(-30);
      }
    },
  );

  test('an MP3 without a frame count, behind an ID3 tag, before an ID3v1 tag', async () => {
    const frames = fixtureBytes('tone-untagged.mp3');
    const id3v1 = bytes('TAG', new Uint8Array(125));
    const tagged = bytes('ID3', [4, 0, 0, 0, 0, 2, 0], new Uint8Array(256), frames, id3v1);
    const decoded = await decodeBytes(tagged);
    expect(decoded.format).toBe('MP3');
    expect(decoded.channels[0].length % 1152).toBe(0);
    expect(decoded.channels[0].length).toBeGreaterThanOrEqual(17640);
  });

  test('the contents decide, not the name', async () => {
    expect((await decodeBytes(fixtureBytes('tone-vorbis.ogg'), 'wrong.wav')).format).toBe('Ogg Vorbis');
  });

  test('two files at once', async () => {
    const [a, b] = await Promise.all([
      decodeFile(fixture('tone-mono.mp3')),
      decodeFile(fixture('tone-vorbis.ogg')),
    ]);
    expect([a.format, b.format]).toEqual(['MP3', 'Ogg Vorbis']);
  });
});

describe('real MP3 files', () => {
  const recordings = resolve(import.meta.dirname, '../../../shared/medleydb');
  const isRequired = process.env.CI === 'true';

  describe.skipIf(!existsSync(recordings) && !isRequired)('of ../shared/medleydb', () => {
    test.each([
      ['LizNelson_Coldwar', 529_200],
      ['Torres_NewSkin', 353_664],
    ])('%s has the sample count that ffmpeg gives', async (name, length) => {
      const { channels, sampleRateHz } = await decodeFile(join(recordings, name, 'wet.mp3'));
      expect(sampleRateHz).toBe(44100);
      expect(channels.map((channel) => channel.length)).toEqual([length, length]);
    });

    test('the published system brings LizNelson_Coldwar to −18 LUFS by 1.519857 (diffvox-golden/inputs.npz)', async () => {
      const dry = await decodeFile(join(recordings, 'LizNelson_Coldwar', 'dry.mp3'));
      expect(dry.channels.length).toBe(1);
      expect(gainToLufs(dry, -18, { weighting: 'pyloudnorm' })).toBeCloseTo(1.519857, 6);
    });
  });
});

describe('no file to read', () => {
  test('missing', async () => {
    const hint = 'does not exist; check the name and the folder.';
    expect(await problem(join(folder.path, 'nothing.wav'))).toBe(hint);
    expect(await problem(join(folder.file('file', 'x'), 'below.wav'))).toBe(hint);
  });

  test('a folder', async () => {
    expect(await problem(folder.path)).toBe('is a folder; give the name of an audio file in it.');
  });

  test('a link to itself', async () => {
    const link = join(folder.path, 'loop.wav');
    symlinkSync(link, link);
    expect(await problem(link)).toBe('is a link that leads nowhere; give the name of the file itself.');
  });

  test('a device', async () => {
    expect(await problem('/dev/null')).toBe('is a device or a pipe; give the name of an audio file.');
  });

  test.skipIf(process.getuid?.() === 0)('without permission (not as root, who has it always)', async () => {
    const path = folder.file('secret.wav', 'x');
    chmodSync(path, 0);
    expect(await problem(path)).toMatch(/^may not be read/);
    const closed = join(folder.path, 'closed');
    mkdirSync(closed, { mode: 0 });
    expect(await problem(join(closed, 'a.wav'))).toMatch(/^may not be read/);
  });

  test('empty', async () => {
    expect(await problemWith(new Uint8Array(0))).toBe('is empty (0 bytes); copy or export it again.');
  });
});

describe('not audio', () => {
  const hint = 'is not an audio file that can be read here; give a WAV, AIFF, FLAC, MP3 or Ogg file.';
  const noise = Uint8Array.from({ length: 20_000 }, (_, n) => (Math.imul(n + 1, 2654435761) >>> 13) & 255);

  test.each([
    ['text', 'Dear diary, today I sang.'],
    ['one byte', 'R'],
    ['zeros', new Uint8Array(10_000)],
    ['noise', noise],
    ['noise that begins like an MP3 frame', bytes([0xff, 0xfb, 0x90, 0x64], noise)],
    ['bytes 0xFF', new Uint8Array(5000).fill(255)],
    ['RIFF that is not WAVE', bytes('RIFF', little(100, 4), 'AVI ', new Uint8Array(100))],
  ])('%s', async (_, contents) => {
    expect(await problemWith(contents)).toBe(hint);
  });

  test.each([
    ['an MPEG-4 file (m4a, mp4)', bytes(little(32, 4), 'ftypM4A ')],
    ['a Wave64 file (w64)', bytes('riff', [0x2e, 0x91, 0xcf, 0x11], new Uint8Array(40))],
    ['a Matroska or WebM file', bytes([0x1a, 0x45, 0xdf, 0xa3], new Uint8Array(40))],
    ['a MIDI file, which has notes and no sound', bytes('MThd', new Uint8Array(40))],
  ])('%s, by name', async (name, contents) => {
    expect(await problemWith(contents)).toBe(
      `is ${name} and cannot be read here; convert it to WAV or FLAC.`,
    );
  });
});

describe('contents that cannot be used', () => {
  const floats = (...samples: readonly number[]): Uint8Array =>
    encodeFloats([Float32Array.from(samples)], 8000);
  function encodeFloats(channels: readonly Float32Array[], rate: number): Uint8Array {
    const interleaved = Float32Array.from({ length: channels.length * channels[0].length }, (_, i) => {
      return channels[i % channels.length][Math.floor(i / channels.length)];
    });
    return riff(
      formatChunk({ tag: 3, bits: 32, channels: channels.length, rate }),
      chunk('data', new Uint8Array(interleaved.buffer)),
    );
  }

  test('no samples', async () => {
    expect(await problemWith(floats())).toBe('holds no sound (0 samples); export it again.');
  });

  test('no channels', async () => {
    const file = riff(formatChunk({ channels: 0 }), chunk('data', [0, 0]));
    expect(await problemWith(file)).toBe('has no channels; export it again.');
  });

  test('a sample that is not finite: where', async () => {
    const spoiled = new Float32Array(8000);
    spoiled[4000] = NaN;
    expect(await problemWith(encodeFloats([new Float32Array(8000), spoiled], 8000))).toBe(
      'has a sample that is not a number (NaN) at 0.500 s in channel 2; repair it there or export it again.',
    );
    expect(await problemWith(floats(0, -Infinity))).toMatch(/that is infinite at 0\.000 s;/);
    const tooLarge = riff(
      formatChunk({ tag: 3, bits: 64 }),
      chunk('data', new Uint8Array(Float64Array.of(1e300).buffer)),
    );
    expect(await problemWith(tooLarge)).toMatch(/infinite/);
  });

  test.each([0, 7999, 384_001, 4_000_000_000])('a rate of %i Hz', async (rate) => {
    const file = riff(formatChunk({ rate }), chunk('data', [0, 0]));
    expect(await problemWith(file)).toBe(
      `has an unsupported sample rate (${rate} Hz); convert it to one from 8000 to 384000 Hz.`,
    );
  });

  test('the rates at the ends are taken', async () => {
    for (const rate of [8000, 384_000]) {
      const { sampleRateHz } = await decodeBytes(riff(formatChunk({ rate }), chunk('data', [0, 0])));
      expect(sampleRateHz).toBe(rate);
    }
  });
});

describe('cut off or damaged', () => {
  const hint = 'copy, download or export it again.';
  const values = Array.from({ length: 2000 }, (_, n) => Math.round(Math.sin(n * n) * 30_000));
  const flac = flacByHand({ bitDepth: 16, rate: 44100, channels: [values] });
  const sources: readonly (readonly [string, Uint8Array])[] = [
    ['WAV', encodeWav({ sampleRateHz: 44100, channels: [new Float32Array(2000).fill(0.5)] }, '16')],
    ['FLAC', flac],
    ...['tone-mono.mp3', 'tone-untagged.mp3', 'tone-vorbis.ogg', 'tone-opus.opus', 'tone-flac.ogg'].map(
      (name) => [name, fixtureBytes(name)] as const,
    ),
  ];

  test.each(sources)('%s cut off anywhere never passes for whole', async (_, whole) => {
    for (const part of [0.03, 0.3, 0.51, 0.77, 0.99]) {
      const message = await problemWith(whole.subarray(0, Math.floor(part * whole.length)));
      expect(message).toMatch(/cut off|damaged|not an audio file/);
    }
  });

  test('says how much of a FLAC can be read', async () => {
    const whole = flacByHand({
      bitDepth: 16,
      rate: 8000,
      channels: [[...values, ...values, ...values, ...values]],
    });
    expect(await problemWith(whole.subarray(0, whole.length >> 1))).toMatch(
      /^is cut off or damaged \(0\.4\d\d s of 1\.000 s can be read\); copy/,
    );
  });

  test('a FLAC that does not declare its length is read to its end', async () => {
    const streamed = flacByHand({ bitDepth: 16, rate: 44100, channels: [values], declaredSamples: 0 });
    expect((await decodeBytes(streamed)).channels[0]).toEqual(Float32Array.from(values, (v) => v / 32768));
  });

  const overwritten = (whole: Uint8Array): Uint8Array => {
    const damaged = whole.slice();
    for (let i = whole.length >> 1; i < (whole.length >> 1) + 900; i++) damaged[i] = (i * 7919) >> 3;
    return damaged;
  };

  test.each(sources.filter(([name]) => !['WAV', 'tone-untagged.mp3'].includes(name)))(
    '%s overwritten in the middle',
    async (_, whole) => {
      expect(await problemWith(overwritten(whole))).toMatch(/damaged|cut off/);
    },
  );

  test('an Ogg whose checksum does not match', async () => {
    const damaged = fixtureBytes('tone-vorbis.ogg');
    damaged[damaged.length - 100] ^= 1;
    expect(await problemWith(damaged)).toBe(`is damaged (a checksum inside does not match); ${hint}`);
  });
});

describe('the console', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('shows nothing that a decoder says', async () => {
    const written: unknown[] = [];
    const methods = ['debug', 'error', 'info', 'log', 'warn'] as const;
    for (const method of methods)
      vi.spyOn(console, method).mockImplementation((...args) => written.push(args));
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((text) => written.push(text) > 0);
    for (const name of ['tone-mono.mp3', 'tone-vorbis.ogg', 'tone-opus.opus', 'tone-flac.ogg']) {
      const damaged = fixtureBytes(name);
      for (let i = damaged.length >> 1; i < damaged.length; i++) damaged[i] = (i * 7919) >> 3;
      await decodeBytes(damaged).catch(() => undefined);
    }
    expect(written).toEqual([]);
    console.warn('still there');
    expect(written).toEqual([['still there']]);
  });
});
