import { describe, expect, it } from 'vitest';
import { SPECTRUM_BANDS, SPECTRUM_HIGHEST_HZ, SPECTRUM_LOWEST_HZ } from '#core/protocol/audio-frames.ts';
import { madeUpRaw } from '../../test-support/made-up-pair.ts';
import { testEngine } from './test-engine.ts';

const engine = await testEngine();
const window = engine.window();
const { client } = window;

/** Prepares sound as dry and as target, at a rate. */
async function prepared(name: string, channels: readonly Float32Array[], sampleRateHz: number) {
  const path = engine.wav(name, channels, sampleRateHz);
  const [dry, target] = [await window.load(path, 'dry'), await window.load(path, 'target')];
  return client.call('playback.prepare', {
    job: window.newJob(),
    dry: dry.source,
    target: target.source,
    sampleRateHz,
    offsetSeconds: 0,
    polarity: 1,
  });
}

/** Clicks of a tone. */
const clicks = (seconds: number, bpm: number, hz: number, rate: number): Float32Array =>
  Float32Array.from({ length: seconds * rate }, (_, n) => {
    const since = (n / rate) % (60 / bpm);
    return 0.5 * Math.exp(-since / 0.02) * Math.sin(2 * Math.PI * hz * since);
  });

const bandOf = (hz: number): number =>
  Math.round(
    (Math.log(hz / SPECTRUM_LOWEST_HZ) / Math.log(SPECTRUM_HIGHEST_HZ / SPECTRUM_LOWEST_HZ)) *
      (SPECTRUM_BANDS - 1),
  );

/** How long the engine leaves another call waiting at most while a call is under way. */
async function longestWaitMs(call: Promise<unknown>): Promise<number> {
  let isDone = false;
  void call.then(() => (isDone = true));
  let longest = 0;
  while (!isDone) {
    const start = performance.now();
    await client.call('cancel', { job: 'nobody' });
    longest = Math.max(longest, performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return longest;
}

describe('prepared sound', () => {
  it('has its spectrum, of dry and target, at its own rate', async () => {
    const rate = 48_000;
    const tone = (hz: number) =>
      Float32Array.from({ length: 2 * rate }, (_, n) => 0.2 * Math.sin((2 * Math.PI * hz * n) / rate));
    const { dry, target } = await prepared('tones.wav', [tone(440), tone(4400)], rate);
    for (const { cache } of [dry, target!]) {
      const { levelsDb } = await client.call('sound.spectrum', { job: window.newJob(), cache });
      expect(levelsDb).toHaveLength(SPECTRUM_BANDS);
      for (const hz of [440, 4400]) expect(Math.abs(levelsDb[bandOf(hz)]! + 20)).toBeLessThan(0.2);
      expect(levelsDb[bandOf(1500)]).toBeLessThan(-80);
    }
  });

  it('has its tempo, of dry and target', async () => {
    const { dry, target } = await prepared('clicks.wav', [clicks(10, 96, 900, 44_100)], 44_100);
    for (const { cache } of [dry, target!]) {
      const { bpm, confidence } = await client.call('tempo.detect', { job: window.newJob(), cache });
      expect(Math.abs(bpm! / 96 - 1)).toBeLessThan(0.01);
      expect(confidence).toBeGreaterThan(0.3);
    }
  });

  it('is listened to in turns with others, and no further than it is wanted', async () => {
    const { dry } = await prepared('long.wav', [clicks(120, 110, 1200, 44_100)], 44_100);
    for (const method of ['sound.spectrum', 'tempo.detect'] as const) {
      const progress: number[] = [];
      const stop = client.on('progress', ({ job, fraction }) => {
        if (job === method) progress.push(fraction!);
      });
      expect(await longestWaitMs(client.call(method, { job: method, cache: dry.cache }))).toBeLessThan(150);
      expect(progress.length).toBeGreaterThan(0);
      stop();
      const cancelled = client.call(method, { job: 'unwanted', cache: dry.cache });
      void client.call('cancel', { job: 'unwanted' });
      await expect(cancelled).rejects.toMatchObject({ code: 'interrupted' });
    }
  });

  it('that is gone is said in a sentence', async () => {
    for (const method of ['sound.spectrum', 'tempo.detect'] as const)
      await expect(client.call(method, { job: 'gone', cache: '0123456789' })).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringMatching(/^Prepared sound is missing/) as unknown,
      });
  });
});

describe('pictures of reverbs', () => {
  const request = { raw: madeUpRaw(), sampleRateHz: 44_100, seconds: 3, columns: 300 };

  it('come in the order asked for, each of its own setting and rate', async () => {
    const changed = {
      ...request,
      raw: request.raw.map((x, i) => x + 0.2 * Math.sin(i)),
      sampleRateHz: 48_000,
    };
    const [first, second, again] = await Promise.all([
      client.call('reverb.picture', request),
      client.call('reverb.picture', changed),
      client.call('reverb.picture', request),
    ]);
    expect(first.leftDb).toHaveLength(300);
    expect(Math.max(...first.leftDb, ...first.rightDb)).toBe(0);
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it('are drawn in turns with other calls', async () => {
    const call = client.call('reverb.picture', { ...request, seconds: 12 });
    expect(await longestWaitMs(call)).toBeLessThan(150);
  });
});
