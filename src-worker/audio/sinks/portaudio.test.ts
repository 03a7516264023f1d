import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { neutralRaw } from '#core/chain/parameters.ts';
import { MeterField } from '#core/protocol/audio.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { StreamEngine } from '#engine/stream/stream-engine.ts';
import { missingForSoundCard, startSoundCard, type SoundCard } from '../../../e2e/support/sound-card.ts';
import { noise } from '../../test-support/made-up-signals.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startAudioProcess, type AudioProcess } from './test-process.ts';

const RATE_HZ = 48_000;
const missing = missingForSoundCard();
const isRequired = process.env['CI'] === 'true';

let playing: AudioProcess | undefined;
afterEach(async () => {
  await playing?.quit();
  playing = undefined;
});

async function startPlaying(env: Readonly<Record<string, string>>): Promise<AudioProcess> {
  return (playing = await startAudioProcess(env));
}

/** An open device with the neutral setting and sound loaded, ready to play. */
async function startWith(card: SoundCard, dry: Float32Array): Promise<AudioProcess> {
  const audio = await startPlaying(card.env);
  const { client } = audio;
  await client.call('open', { device: null, sampleRateHz: RATE_HZ });
  await client.call('settings', { raw: neutralRaw(), isImmediate: true });
  await client.call('load', { dry: audio.prepare(dry), target: null });
  return audio;
}

/** Resolves at the first meters of which that is true. */
function meters(audio: AudioProcess, isTrue: (frame: Float32Array) => boolean): Promise<Float32Array> {
  return new Promise((resolve) => {
    const forget = audio.client.on('meters', (frame) => {
      if (!isTrue(frame)) return;
      forget();
      resolve(frame);
    });
  });
}

const isAt = (seconds: number) => (frame: Float32Array) => frame[MeterField.position]! >= seconds * RATE_HZ;
const hasStopped = (frame: Float32Array) => frame[MeterField.isPlaying] === 0;

/** What is heard of a sound from its start on, by the real engine. */
async function expectedSound(
  dry: Float32Array,
  lengthSamples: number,
  prepare: (engine: StreamEngine) => void = () => undefined,
): Promise<{ left: Float32Array; right: Float32Array }> {
  const engine = new StreamEngine(await loadKernelModule(), RATE_HZ);
  engine.setSettings(neutralRaw(), true);
  engine.load(dry, null);
  prepare(engine);
  engine.play();
  const left = new Float32Array(lengthSamples);
  const right = new Float32Array(lengthSamples);
  engine.process(left, right, lengthSamples);
  return { left, right };
}

/** Index of the first sample that is not 0. */
const onset = (sound: Float32Array): number => sound.findIndex((sample) => sample !== 0);

/** `expected` from its onset on is in `heard` from its onset on, sample by sample; the first difference if not. */
function firstDifference(heard: Float32Array, expected: Float32Array): number {
  const from = onset(heard) - onset(expected);
  for (let n = onset(expected); n < expected.length; n++) if (heard[from + n] !== expected[n]) return n;
  return -1;
}

// A virtual machine may itself stand still for longer than sound is buffered, hence other tries.
const TRIES = { retry: 2 };
const describeSound = missing && !isRequired ? describe.skip : describe;

describeSound(`playing through PortAudio${missing ? ` (${missing})` : ''}`, TRIES, () => {
  let card: SoundCard;
  beforeAll(async () => {
    card = await startSoundCard({ rateHz: RATE_HZ });
  });
  afterAll(async () => {
    await card.stop();
  });

  it('plays every sample once, in order, while every core is busy', async () => {
    const dry = noise(11 * RATE_HZ, 1, 0.5);
    const audio = await startWith(card, dry);
    const { client } = audio;
    await client.call('monitor', { monitor: 'dry' });
    const busy = keepCoresBusy();
    try {
      const recording = await card.record();
      await client.call('play', {});
      await meters(audio, isAt(10.5));
      const { left, right } = await recording.stop();
      const expected = await expectedSound(dry, 10.4 * RATE_HZ, (engine) => {
        engine.setMonitor('dry');
      });
      expect(firstDifference(left, expected.left)).toBe(-1);
      expect(firstDifference(right, expected.right)).toBe(-1);
      expect((await client.call('state', {})).underruns).toBe(0);
    } finally {
      busy.forEach((process) => process.kill('SIGKILL'));
    }
  });

  it('plays what the engine makes of the dry, and a change of the setting within 100 ms', async () => {
    const dry = noise(4 * RATE_HZ, 2, 0.1);
    const { left: expected } = await expectedSound(dry, 3 * RATE_HZ);
    const louder = neutralRaw();
    louder[louder.length - 1]! += 0.5;
    const lagsMs: number[] = [];
    const audio = await startWith(card, dry);
    // The sooner of several, because other programs may keep this one waiting.
    for (let attempt = 0; attempt < 3; attempt++) {
      await audio.client.call('settings', { raw: neutralRaw(), isImmediate: true });
      const recording = await card.record();
      await audio.client.call('play', {});
      await meters(audio, isAt(1));
      const sentAt = recording.recordedSamples();
      await audio.client.call('settings', { raw: louder });
      await meters(audio, isAt(1.5));
      await audio.client.call('stop', {});
      const { left } = await recording.stop();
      const changed = firstDifference(left, expected);
      expect(changed).toBeGreaterThan(RATE_HZ / 2);
      lagsMs.push(((onset(left) - onset(expected) + changed - sentAt) / RATE_HZ) * 1000);
    }
    expect(Math.min(...lagsMs)).toBeLessThan(100);
  });

  it('goes on where it is when the output is changed', async () => {
    const dry = noise(3 * RATE_HZ, 3, 0.5);
    const audio = await startWith(card, dry);
    const { client } = audio;
    await client.call('monitor', { monitor: 'dry' });
    const { devices } = await client.call('devices', {});
    const headphones = devices.find(({ name }) => name === 'headphones')!;
    expect(devices.filter(({ isDefault }) => isDefault)).toHaveLength(1);
    const [first, second] = await Promise.all([card.record('speakers'), card.record('headphones')]);
    await client.call('play', {});
    await meters(audio, isAt(1));
    const state = await client.call('open', { device: headphones.id, sampleRateHz: RATE_HZ });
    expect(state).toMatchObject({ sink: 'portaudio', device: headphones.id, isPlaying: true });
    await meters(audio, isAt(1.5));
    const [before, after] = await Promise.all([first.stop(), second.stop()]);
    const { left: expected } = await expectedSound(dry, 3 * RATE_HZ, (engine) => {
      engine.setMonitor('dry');
    });
    const left = firstDifference(before.left, expected);
    const goneOn = place(after.left, expected);
    expect(left).toBeGreaterThan(RATE_HZ);
    expect(goneOn).toBe(left);
  });

  it('pauses, and shows it with the last meters', async () => {
    const audio = await startWith(card, noise(RATE_HZ, 4, 0.5));
    await audio.client.call('play', {});
    await meters(audio, isAt(0.5));
    const last = meters(audio, hasStopped);
    await audio.client.call('pause', {});
    const frame = await last;
    expect(frame[MeterField.position]! / RATE_HZ).toBeGreaterThan(0.5);
    expect(frame[MeterField.gainReductionDb]).toBe(0);
    expect((await audio.client.call('state', {})).isPlaying).toBe(false);
  });

  it('ends at the end, and plays again', async () => {
    const audio = await startWith(card, noise(RATE_HZ / 2, 5, 0.5));
    for (let time = 0; time < 2; time++) {
      const stopped = new Promise<void>((resolve) => {
        let wasPlaying = false;
        audio.client.on('state', ({ isPlaying }) => {
          if (wasPlaying && !isPlaying) resolve();
          wasPlaying = isPlaying;
        });
      });
      await audio.client.call('play', {});
      await stopped;
    }
  });

  it('says that prepared sound is gone', async () => {
    const audio = await startWith(card, noise(RATE_HZ, 6));
    const call = audio.client.call('load', {
      dry: { cache: '0123456789', lengthSamples: 100 },
      target: null,
    });
    await expect(call).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('tells of an output that is not there, and plays through the default', async () => {
    const audio = await startPlaying(card.env);
    const notice = new Promise<string>((resolve) => {
      audio.client.on('notice', ({ message }) => {
        resolve(message);
      });
    });
    const state = await audio.client.call('open', { device: 'ALSA: gone', sampleRateHz: RATE_HZ });
    expect(state).toMatchObject({ sink: 'portaudio', device: 'ALSA: default' });
    expect(await notice).toContain('ALSA: gone');
  });
});

describeSound(`losing the sound server${missing ? ` (${missing})` : ''}`, () => {
  it('tells the user and ends the process', async () => {
    const card = await startSoundCard({ rateHz: RATE_HZ });
    try {
      const audio = await startWith(card, noise(20 * RATE_HZ, 7));
      const notice = new Promise<string>((resolve) => {
        audio.client.on('notice', ({ message }) => {
          resolve(message);
        });
      });
      await audio.client.call('play', {});
      await meters(audio, isAt(0.5));
      await card.kill();
      expect(await notice).toContain('default');
      await audio.exited;
    } finally {
      await card.stop();
    }
  });
});

describe('without any device', () => {
  const folder = temporaryFolder();
  it.each([
    [
      'a sound server that does not run',
      folder.file('asound.conf', 'pcm.default { type pulse server "unix:/gone" }'),
    ],
    ['no ALSA at all', `${folder.path}/gone.conf`],
  ])('lists none, and says in one sentence that there is none: %s', async (_, configuration) => {
    const audio = await startPlaying({ ALSA_CONFIG_PATH: configuration });
    expect(await audio.client.call('devices', {})).toEqual({ devices: [] });
    await expect(audio.client.call('open', { device: null, sampleRateHz: RATE_HZ })).rejects.toMatchObject({
      code: 'output',
      message: expect.stringMatching(/^[^.]+\.$/) as string,
    });
    expect(await audio.client.call('state', {})).toMatchObject({ sink: 'none' });
  });
});

/** As a fit does: a thread for every core, at the lowest priority. */
function keepCoresBusy(): ChildProcess[] {
  return Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', "require('os').setPriority(19); for (;;);"], {
      stdio: 'ignore',
      // A process of its own session, as the engine is.
      detached: true,
    }),
  );
}

/** Where in `expected` a sound begins. */
function place(heard: Float32Array, expected: Float32Array): number {
  const from = onset(heard);
  return expected.findIndex((_, n) => {
    for (let i = 0; i < 8; i++) if (expected[n + i] !== heard[from + i]) return false;
    return true;
  });
}
