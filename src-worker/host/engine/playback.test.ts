import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resample } from '#audio/resample.ts';
import { integratedLufs } from '#core/loudness/index.ts';
import type { Prepared } from '#core/protocol/engine.ts';
import { shiftInTime } from '#core/signal/fractional-shift.ts';
import { noise, voice } from '../../test-support/made-up-signals.ts';
import { CacheFolder } from './cache-folder.ts';
import { isSameSound, testEngine, type TestEngine, type TestWindow } from './test-engine.ts';

const RATE = 44_100;
const engine = await testEngine();
const window = engine.window();
const take = voice(3, 1);
/** A version of it that lags by a quarter of a second, upside down, and softer on the right. */
const LAG = 11_025;
const late = shiftInTime(take, LAG, take.length + LAG);
const finished = [late.map((x) => -0.5 * x), late.map((x) => -0.4 * x)];
const dry = await window.load(engine.wav('dry.wav', [take], RATE), 'dry');
const target = await window.load(engine.wav('target.wav', finished, RATE), 'target');

const align = (from: TestWindow, target: string | null) =>
  from.client.call('pair.align', { job: from.newJob(), dry: dry.source, target });
const prepare = (sampleRateHz: number, offsetSeconds = 0, polarity: 1 | -1 = 1) =>
  window.client.call('playback.prepare', {
    job: window.newJob(),
    dry: dry.source,
    target: target.source,
    sampleRateHz,
    offsetSeconds,
    polarity,
  });
const filePath = (cache: string, of: TestEngine = engine): string => join(of.cacheFolder, `${cache}.f32`);

/** The channels that a cache file holds, as the audio process reads it. */
function contents({ cache, channels, lengthSamples }: Prepared): Float32Array[] {
  const bytes = readFileSync(filePath(cache));
  const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  expect(samples.length).toBe(channels * lengthSamples);
  return Array.from({ length: channels }, (_, c) =>
    samples.slice(c * lengthSamples, (c + 1) * lengthSamples),
  );
}

describe('the alignment', () => {
  it('finds offset, polarity and levels', async () => {
    const found = await align(window, target.source);
    expect(found.offsetSeconds).toBeCloseTo(0.25, 4);
    expect(found).toMatchObject({ polarity: -1, isRelated: true });
    expect(found.correlation).toBeGreaterThan(0.99);
    const level = integratedLufs({ sampleRateHz: RATE, channels: [take.map((x) => x * found.inputGain)] });
    expect(level).toBeCloseTo(-18, 0);
    const back = integratedLufs({ sampleRateHz: RATE, channels: finished });
    expect(-18 + 20 * Math.log10(found.outputGain)).toBeCloseTo(back, 0);
  });

  it('leaves the dry at its own level without a target', async () => {
    const { inputGain, outputGain, ...rest } = await align(window, null);
    expect(inputGain * outputGain).toBeCloseTo(1, 9);
    expect(rest).toMatchObject({ offsetSeconds: 0, polarity: 1, isRelated: true });
  });

  it('tells when the two are not the same take, and when there is nothing to measure', async () => {
    const other = engine.window();
    await other.load(engine.path('dry.wav'), 'dry');
    const stranger = await other.load(engine.wav('other.wav', [noise(3 * RATE, 5, 0.1)], RATE), 'target');
    expect((await align(other, stranger.source)).isRelated).toBe(false);
    const silent = await other.load(engine.wav('silent.wav', [new Float32Array(RATE)], RATE), 'target');
    await expect(align(other, silent.source)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/no sound loud enough/) as unknown,
    });
  });
});

describe('prepared sound', () => {
  it('is the dry in mono and the target in stereo on the dry’s time', async () => {
    const { dry: first, target: second } = await prepare(RATE, 0.25, -1);
    expect(first).toMatchObject({ channels: 1, lengthSamples: take.length });
    expect(isSameSound(contents(first), [take])).toBe(true);
    expect(second).toMatchObject({ channels: 2, lengthSamples: take.length });
    expect(isSameSound(contents(second!), [take.map((x) => 0.5 * x), take.map((x) => 0.4 * x)])).toBe(true);
  });

  it('begins with silence where the target comes early', async () => {
    const { target: second } = await prepare(RATE, -0.1);
    const [left] = contents(second!);
    expect(left!.length).toBe(finished[0]!.length + 4410);
    expect(left!.subarray(0, 4410).every((x) => x === 0)).toBe(true);
    expect(isSameSound([left!.subarray(4410)], [finished[0]!])).toBe(true);
  });

  it('is resampled, then moved by parts of a sample without seams', async () => {
    const { dry: first, target: second } = await prepare(48_000, 0.0123, 1);
    const mono = await resample({ sampleRateHz: RATE, channels: [take] }, 48_000);
    expect(isSameSound(contents(first), mono.channels)).toBe(true);
    const { channels } = await resample({ sampleRateHz: RATE, channels: finished }, 48_000);
    const moved = channels.map((x) => shiftInTime(x, -0.0123 * 48_000, second!.lengthSamples));
    contents(second!).forEach((channel, c) => {
      const worst = channel.reduce((most, x, n) => Math.max(most, Math.abs(x - moved[c]![n]!)), 0);
      expect(worst).toBeLessThan(1e-6);
    });
  });

  it('averages the dry, and doubles a mono target', async () => {
    const other = engine.window();
    const sides = [noise(RATE, 1, 0.1), noise(RATE, 2, 0.1)];
    const [two, one] = [
      await other.load(engine.wav('sides.wav', sides, RATE), 'dry'),
      await other.load(engine.path('dry.wav'), 'target'),
    ];
    const prepared = await other.client.call('playback.prepare', {
      job: 'a',
      dry: two.source,
      target: one.source,
      sampleRateHz: RATE,
      offsetSeconds: 0,
      polarity: 1,
    });
    const [mono] = contents(prepared.dry);
    expect(mono![1000]).toBeCloseTo((sides[0]![1000]! + sides[1]![1000]!) / 2, 7);
    expect(isSameSound(contents(prepared.target!), [take, take])).toBe(true);
  });

  it('says how loud it is and where its peaks are', async () => {
    const { target: second } = await prepare(RATE, 0.25, -1);
    const channels = contents(second!);
    expect(second!.lufs).toBeCloseTo(integratedLufs({ sampleRateHz: RATE, channels }), 6);
    const { levels } = second!.peaks;
    expect(levels.map(({ samplesPerPeak }) => samplesPerPeak)).toEqual([64, 256]);
    expect(levels.at(-1)!.data[0]!.length / 2).toBeLessThan(2000);
    for (const { samplesPerPeak, data } of levels)
      channels.forEach((channel, c) => {
        for (let i = 0; i < data[c]!.length / 2; i++) {
          const stretch = channel.subarray(i * samplesPerPeak, (i + 1) * samplesPerPeak);
          expect(data[c]![2 * i]).toBe(Math.min(...stretch));
          expect(data[c]![2 * i + 1]).toBe(Math.max(...stretch));
        }
      });
  });

  it('is taken from the cache the next time, unless the file is not whole', async () => {
    const first = await prepare(RATE, 0.25, -1);
    const made = statSync(filePath(first.dry.cache)).ino;
    expect(await prepare(RATE, 0.25, -1)).toEqual(first);
    expect(statSync(filePath(first.dry.cache)).ino).toBe(made);
    truncateSync(filePath(first.dry.cache), 1000);
    expect(await prepare(RATE, 0.25, -1)).toEqual(first);
    expect(isSameSound(contents(first.dry), [take])).toBe(true);
  });

  it('can be read in parts', async () => {
    const { target: second } = await prepare(RATE, 0.25, -1);
    const read = (from: number, to: number) =>
      window.client.call('playback.samples', { cache: second!.cache, from, to });
    const whole = contents(second!);
    const part = whole.map((channel) => channel.slice(1000, 1500));
    expect((await read(1000, 1500)).channels).toEqual(part);
    const end = second!.lengthSamples;
    expect((await read(end - 10, end + 10)).channels).toEqual(whole.map((channel) => channel.slice(-10)));
    await expect(read(0, 2 ** 20 + 1)).rejects.toMatchObject({ code: 'usage' });
    await expect(
      window.client.call('playback.samples', { cache: 'abcdef00', from: 0, to: 1 }),
    ).rejects.toThrow(/missing from the cache/);
  });

  it('ends early when told to', async () => {
    const { client } = window;
    const preparing = client.call('playback.prepare', {
      job: 'slow',
      dry: dry.source,
      target: target.source,
      sampleRateHz: 88_200,
      offsetSeconds: 0,
      polarity: 1,
    });
    await client.call('cancel', { job: 'slow' });
    await expect(preparing).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('says when nothing of the target is left', async () => {
    await expect(prepare(RATE, 10)).rejects.toThrow(/offset of 10\.000 s/);
  });
});

describe('the cache folder', () => {
  const unusable = engine.path('a-file');
  writeFileSync(unusable, '');
  const inVain = testEngine({ cacheFolder: join(unusable, 'cache') });

  it('is not there: one sentence, when it is needed', async () => {
    const failing = await inVain;
    const other = failing.window();
    const { source } = await other.load(engine.path('dry.wav'), 'dry');
    await expect(
      other.client.call('playback.prepare', {
        job: 'a',
        dry: source,
        target: null,
        sampleRateHz: RATE,
        offsetSeconds: 0,
        polarity: 1,
      }),
    ).rejects.toMatchObject({ code: 'output', message: expect.stringMatching(/does not exist/) as unknown });
  });

  it('loses what was used the longest ago, and what a process left that died', async () => {
    const path = engine.path('trimmed');
    mkdirSync(path);
    const files = ['old.f32', 'used.f32', 'new.f32', '.voxfit-1.tmp', 'notes.txt'];
    for (const [age, name] of files.entries()) {
      writeFileSync(join(path, name), new Uint8Array(1000));
      const seconds = Date.now() / 1000 - 10_000 + (name === 'used.f32' ? 9000 : 100 * age);
      utimesSync(join(path, name), seconds, seconds);
    }
    await new CacheFolder(path).trim(2500);
    expect(files.filter((name) => existsSync(join(path, name)))).toEqual([
      'used.f32',
      'new.f32',
      'notes.txt',
    ]);
  });
});
