import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { wavHeader } from '#audio/wav-write.ts';
import { integratedLufs } from '#core/loudness/index.ts';
import { noise, voice } from '../../test-support/made-up-signals.ts';
import { testEngine, until } from './test-engine.ts';

const engine = await testEngine();
const hasty = await testEngine({ patienceMs: 300 });
const take = voice(2, 1);

/** A wav file of silence that takes no space on the disk. */
function longSilence(name: string, seconds: number, channelCount: number, sampleRateHz: number): string {
  const lengthSamples = seconds * sampleRateHz;
  const header = wavHeader({ depth: '16', sampleRateHz, channelCount, lengthSamples });
  writeFileSync(engine.path(name), header);
  truncateSync(engine.path(name), header.length + 2 * channelCount * lengthSamples);
  return engine.path(name);
}

describe('loading a file', () => {
  it('tells its facts, and what it is doing meanwhile', async () => {
    const window = engine.window();
    const texts: string[] = [];
    window.client.on('progress', ({ text }) => texts.push(text));
    const channels = [take.map((x) => 0.5 * x), take.map((x) => 0.25 * x)];
    const facts = await window.load(engine.wav('take.wav', channels, 48_000, '24'), 'target');
    expect(facts).toMatchObject({
      role: 'target',
      name: 'take.wav',
      format: 'WAV',
      bitDepth: 24,
      sampleRateHz: 48_000,
      channels: 2,
      warnings: [],
    });
    expect(facts.seconds).toBeCloseTo(take.length / 48_000, 9);
    expect(facts.lufs).toBeCloseTo(integratedLufs({ sampleRateHz: 48_000, channels }), 3);
    const peak = take.reduce((highest, x) => Math.max(highest, Math.abs(x)), 0);
    expect(facts.samplePeakDb).toBeCloseTo(20 * Math.log10(peak / 2), 3);
    expect(texts).toContain('Reading take.wav');
  });

  it('gives the same file the same id, and a changed one another', async () => {
    const window = engine.window();
    const path = engine.wav('same.wav', [take], 44_100);
    const [first, again] = [await window.load(path, 'dry'), await window.load(path, 'target')];
    expect(again.source).toBe(first.source);
    engine.wav('same.wav', [take.subarray(10)], 44_100);
    expect((await window.load(path, 'dry')).source).not.toBe(first.source);
  });

  it.each([
    ['mono', 1, 44_100, /^$/],
    ['6 channels', 6, 48_000, /6 channels; the first two/],
    ['192 kHz', 2, 192_000, /^$/],
    ['8 kHz', 1, 8_000, /nothing in it above 4 kHz/],
  ])('takes %s', async (name, channelCount, sampleRateHz, warning) => {
    const channels = Array.from({ length: channelCount }, (_, c) => noise(sampleRateHz, c + 1, 0.1));
    const facts = await engine.window().load(engine.wav(`${name}.wav`, channels, sampleRateHz), 'target');
    expect(facts).toMatchObject({ channels: channelCount, sampleRateHz, seconds: 1 });
    expect(facts.warnings.join()).toMatch(warning);
  });

  it('warns of what will spoil the result', async () => {
    const window = engine.window();
    const warningsOf = async (name: string, channels: readonly Float32Array[]) =>
      (await window.load(engine.wav(name, channels, 44_100), 'dry')).warnings.join();
    expect(await warningsOf('sides.wav', [noise(44_100, 1, 0.1), noise(44_100, 2, 0.1)])).toMatch(/average/);
    expect(await warningsOf('twice.wav', [take, take])).toBe('');
    const loud = take.map((x) => Math.max(-1, Math.min(1, 8 * x)));
    expect(await warningsOf('clipped.wav', [loud])).toMatch(/clipped in \d+ places/);
    expect(await warningsOf('quiet.wav', [take.map((x) => 2e-3 * x)])).toMatch(/very quiet/);
    expect(await warningsOf('silent.wav', [new Float32Array(44_100)])).toMatch(/silent/);
  });

  it('refuses more than an hour, and more than the memory holds, without reading it', async () => {
    const window = engine.window();
    const day = longSilence('day.wav', 3 * 3600, 1, 44_100);
    await expect(window.load(day, 'dry')).rejects.toThrow(
      '“day.wav” lasts 3 h 0 min; Voxfit works on up to 60 minutes: cut out the part you want to mix.',
    );
    const surround = longSilence('surround.wav', 40 * 60, 6, 192_000);
    await expect(window.load(surround, 'target')).rejects.toThrow(
      /40 min, 6 channels at 192000 Hz.*11\.1 GB/,
    );
  });

  it('says in one sentence what is wrong with a file', async () => {
    const window = engine.window();
    writeFileSync(engine.path('text.wav'), 'no sound at all');
    mkdirSync(engine.path('folder.wav'));
    for (const [name, message] of [
      ['text.wav', /^“text\.wav” is not an audio file.*\.$/],
      ['folder.wav', /^“folder\.wav” is a folder/],
      ['gone.wav', /^“gone\.wav” does not exist/],
    ] as const)
      await expect(window.load(engine.path(name), 'dry')).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringMatching(message) as unknown,
      });
    await expect(
      window.client.call('source.load', { job: 'a', file: 'f-never', role: 'dry' }),
    ).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('can be ended', async () => {
    const window = engine.window();
    const loading = window.client.call('source.load', {
      job: 'long',
      file: window.grant(longSilence('long.wav', 600, 1, 44_100)),
      role: 'dry',
    });
    await window.client.call('cancel', { job: 'long' });
    await expect(loading).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('what is loaded', () => {
  const align = (window: ReturnType<typeof engine.window>, dry: string) =>
    window.client.call('pair.align', { job: window.newJob(), dry, target: null });

  it('goes when it is forgotten, replaced, or its window is gone', async () => {
    const window = engine.window();
    const [a, b] = [engine.wav('a.wav', [take], 44_100), engine.wav('b.wav', [voice(2, 2)], 44_100)];
    const first = await window.load(a, 'dry');
    await align(window, first.source);
    const second = await window.load(b, 'dry');
    await expect(align(window, first.source)).rejects.toThrow(/not loaded any more/);
    await window.client.call('source.forget', { source: second.source });
    await expect(align(window, second.source)).rejects.toThrow(/not loaded any more/);
  });

  it('stays while another role or another window has it', async () => {
    const [window, other] = [engine.window(), engine.window()];
    const path = engine.wav('c.wav', [take], 44_100);
    const { source } = await window.load(path, 'dry');
    await window.load(path, 'target');
    await window.client.call('source.forget', { source });
    await align(window, source);
    await other.load(path, 'dry');
    const next = engine.wav('d.wav', [voice(2, 3)], 44_100);
    await window.load(next, 'dry');
    await window.load(next, 'target');
    await align(other, source);
  });

  it('waits a while for a window that lost its connection', async () => {
    const gone = hasty.window();
    const { source } = await gone.load(hasty.wav('e.wav', [take], 44_100), 'dry');
    gone.client.close();
    const window = hasty.window();
    await align(window, source);
    let message = '';
    await until(async () => {
      await align(window, source).catch((error: unknown) => (message = (error as Error).message));
      return message !== '';
    });
    expect(message).toMatch(/not loaded any more/);
  });
});
