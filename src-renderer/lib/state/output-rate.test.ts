/** Playback through outputs that refuse the session's rate. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { appContract as AppContract, Settings } from '#core/protocol/app.ts';
import { CLOSED_AUDIO, audioContract, type AudioState } from '#core/protocol/audio.ts';
import { serve, type Emit } from '#core/protocol/contract.ts';
import { engineContract } from '#core/protocol/engine.ts';
import { joinedPorts } from '#core/protocol/port.ts';
import { newDocument } from '#core/session/document.ts';
import { neutralRaw } from '#core/chain/parameters.ts';
import { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Playback as PlaybackClass } from './playback.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Sources as SourcesClass } from './sources.svelte.ts';

let Playback: typeof PlaybackClass;
let Sources: typeof SourcesClass;
beforeAll(async () => {
  // Without Svelte's compiler a rune is a plain value; what is derived is put in by hand below.
  vi.stubGlobal('$state', { raw: (value: unknown) => value });
  vi.stubGlobal(
    '$derived',
    Object.assign((value: unknown) => value, { by: () => undefined }),
  );
  ({ Playback } = await import('./playback.svelte.ts'));
  ({ Sources } = await import('./sources.svelte.ts'));
});

const SECONDS = 10;
const SESSION_RATE_HZ = 48_000;

/** A window with a dry of 48 kHz, an engine, and outputs that answer `open` with rates of their own. */
async function windowWith(rateOf: (device: string | null, askedHz: number, opened: number) => number) {
  const opened: { device: string | null; askedHz: number; rateHz: number }[] = [];
  const loaded: { lengthSamples: number; rateHz: number }[] = [];
  const seeks: number[] = [];
  const prepared: number[] = [];
  const messages: string[] = [];
  let state: AudioState = CLOSED_AUDIO;
  let emitAudio!: Emit<typeof audioContract>;
  const nothing = () => ({});
  const audio = new Link(audioContract, () => {
    const [ours, theirs] = joinedPorts();
    serve(audioContract, theirs, (emit) => {
      emitAudio = emit;
      return {
        devices: () => ({ devices: [] }),
        open: ({ device, sampleRateHz }) => {
          if (opened.length > 20) throw new Error('Opened again and again.');
          const rateHz = rateOf(device, sampleRateHz, opened.length);
          opened.push({ device, askedHz: sampleRateHz, rateHz });
          state = { ...state, sink: 'portaudio', device: device ?? 'default', sampleRateHz: rateHz };
          emit('state', state);
          return state;
        },
        load: ({ dry }) => {
          if (dry) loaded.push({ lengthSamples: dry.lengthSamples, rateHz: state.sampleRateHz! });
          return {};
        },
        play: nothing,
        pause: nothing,
        stop: nothing,
        seek: ({ position }) => {
          seeks.push(position);
          return {};
        },
        loop: nothing,
        monitor: nothing,
        gains: nothing,
        settings: nothing,
        effects: nothing,
        'meters.reset': nothing,
        state: () => state,
      };
    });
    return Promise.resolve(ours);
  });
  const peaks = { channels: 1, lengthSamples: 0, levels: [] };
  const engine = new Link(engineContract, () => {
    const [ours, theirs] = joinedPorts();
    serve(engineContract, theirs, () => {
      const partly = {
        'source.load': ({ role }: { role: 'dry' | 'target' }) => ({
          source: 'source',
          role,
          name: 'dry.wav',
          format: 'WAV',
          sampleRateHz: SESSION_RATE_HZ,
          channels: 1,
          seconds: SECONDS,
          lufs: -20,
          peakDb: -3,
          warnings: [],
        }),
        'pair.align': () => ({
          offsetSeconds: 0,
          polarity: 1,
          correlation: 0,
          isRelated: true,
          inputGain: 1,
          outputGain: 1,
        }),
        'playback.prepare': ({ sampleRateHz }: { sampleRateHz: number }) => {
          prepared.push(sampleRateHz);
          return {
            dry: {
              cache: `aaaaaaaa${sampleRateHz}`,
              channels: 1,
              lengthSamples: SECONDS * sampleRateHz,
              peaks,
              lufs: -20,
            },
            target: null,
          };
        },
        'processed.measure': () => ({ peaks, lufs: -20, truePeakDb: -1 }),
        cancel: nothing,
      };
      return partly as never;
    });
    return Promise.resolve(ours);
  });
  const document = {
    ...newDocument(),
    sources: { dry: { id: 'f-1', name: 'dry.wav', path: '/dry.wav', sizeBytes: 1 }, target: null },
  };
  const changes: (() => void)[] = [];
  const session = {
    document,
    heard: neutralRaw(),
    silenced: [],
    preview: null,
    onChange: (listener: () => void) => changes.push(listener),
  } as unknown as Session;
  const notices = {
    info: (text: string) => messages.push(text),
    add: (_: string, text: string) => messages.push(text),
    failure: (error: unknown) => messages.push(String(error)),
  } as unknown as Notices;
  const app = {
    call: (_: string, settings: Partial<Settings>) => Promise.resolve({ ...playback.settings, ...settings }),
  } as unknown as Link<typeof AppContract>;
  const sources = new Sources(engine, session, notices);
  Object.defineProperty(sources, 'seconds', { value: SECONDS });
  Object.defineProperty(sources, 'ownRateHz', { value: SESSION_RATE_HZ });
  const playback = new Playback(audio, engine, app, session, sources, notices, () =>
    Promise.reject(new Error('Not in this test.')),
  );
  Object.defineProperty(playback, 'gains', { value: { input: 1, dry: 1, target: 1, processed: 1 } });
  await audio.connect();
  await engine.connect();
  /** Until nothing has happened for a while. */
  const settled = async (): Promise<void> => {
    for (let before = -1; before !== opened.length + loaded.length + prepared.length;) {
      before = opened.length + loaded.length + prepared.length;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  await settled();
  return {
    playback,
    sources,
    opened,
    loaded,
    seeks,
    prepared,
    messages,
    settled,
    tell: (change: Partial<AudioState>) => {
      state = { ...state, ...change };
      emitAudio('state', state);
    },
  };
}

describe('an output that plays the session’s rate', () => {
  it('gets the sound at that', async () => {
    const { loaded, prepared, opened, messages } = await windowWith((_, askedHz) => askedHz);
    expect(prepared).toEqual([SESSION_RATE_HZ]);
    expect(opened).toHaveLength(1);
    expect(loaded).toEqual([{ lengthSamples: SECONDS * SESSION_RATE_HZ, rateHz: SESSION_RATE_HZ }]);
    expect(messages).toEqual([]);
  });
});

describe('an output that refuses it', () => {
  const fixed = (device: string | null, askedHz: number): number =>
    device === 'modern' ? askedHz : device === 'odd' ? 32_000 : 44_100;

  it('gets the sound at its own rate, and never at the wrong pitch', async () => {
    const { loaded, prepared, sources, messages } = await windowWith(fixed);
    expect(prepared).toEqual([SESSION_RATE_HZ, 44_100]);
    expect(loaded).toEqual([{ lengthSamples: SECONDS * 44_100, rateHz: 44_100 }]);
    expect(sources.ready!.sampleRateHz).toBe(44_100);
    expect(messages).toEqual([]);
  });

  it('gives way to one that does not: the session’s own rate is back, at the same place', async () => {
    const { playback, loaded, prepared, opened, seeks, settled } = await windowWith(fixed);
    playback.positionSeconds = 2;
    await playback.change({ device: 'modern' });
    await settled();
    expect(opened.at(-1)).toEqual({ device: 'modern', askedHz: SESSION_RATE_HZ, rateHz: SESSION_RATE_HZ });
    expect(prepared.at(-1)).toBe(SESSION_RATE_HZ);
    expect(loaded.at(-1)).toEqual({ lengthSamples: SECONDS * SESSION_RATE_HZ, rateHz: SESSION_RATE_HZ });
    expect(seeks.at(-1)).toBe(2 * SESSION_RATE_HZ);
    await playback.change({ device: 'odd' });
    await settled();
    expect(loaded.at(-1)).toEqual({ lengthSamples: SECONDS * 32_000, rateHz: 32_000 });
    await playback.change({ device: null });
    await settled();
    expect(loaded.at(-1)).toEqual({ lengthSamples: SECONDS * 44_100, rateHz: 44_100 });
  });

  it('may do so later, when it is opened anew for playback', async () => {
    let rateHz = SESSION_RATE_HZ;
    const { loaded, settled, tell } = await windowWith(() => rateHz);
    rateHz = 44_100;
    tell({ sampleRateHz: rateHz });
    await settled();
    expect(loaded).toEqual([
      { lengthSamples: SECONDS * SESSION_RATE_HZ, rateHz: SESSION_RATE_HZ },
      { lengthSamples: SECONDS * 44_100, rateHz: 44_100 },
    ]);
  });

  it('and answers differently each time is not opened for ever, but said', async () => {
    const { loaded, opened, messages, playback, settled } = await windowWith((device, askedHz, count) =>
      device === 'modern' ? askedHz : count % 2 === 0 ? 44_100 : SESSION_RATE_HZ,
    );
    expect(opened.length).toBeLessThan(5);
    expect(loaded).toEqual([]);
    expect(messages).toEqual(['This output plays at another rate every time it is opened; choose another.']);
    await playback.change({ device: 'modern' });
    await settled();
    expect(loaded).toEqual([{ lengthSamples: SECONDS * SESSION_RATE_HZ, rateHz: SESSION_RATE_HZ }]);
  });
});
