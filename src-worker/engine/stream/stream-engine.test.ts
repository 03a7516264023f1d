import { beforeAll, describe, expect, it } from 'vitest';
import { neutralRaw, parameterIndex } from '#core/chain/parameters.ts';
import { madeUpRaw } from '../../test-support/made-up-pair.ts';
import { noise, tones, voice } from '../../test-support/made-up-signals.ts';
import { ChainDesigner, designSince } from '../chain-design.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { renderRealtime } from '../render.ts';
import { StreamEngine } from './stream-engine.ts';
import { largestDifference, largestJump, play } from './test-player.ts';

const FS = 44_100;
/** 5 ms, and 10 ms. */
const FADE = 221;
const TURN = 441;
/** −140 dB of full scale. */
const EXACT = 1e-7;

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await loadKernelModule();
});

/** A chain that is linear and all but transparent. */
function transparentRaw(): Float64Array {
  const raw = neutralRaw();
  const set = { 'eq.lp.freq': 36, 'eq.hp.freq': -36, 'comp.threshold': 200, 'comp.expander_threshold': -300 };
  for (const [id, value] of Object.entries({ ...set, 'comp.lookahead': 0, 'delay.gain': -60 }))
    raw[parameterIndex(id)] = value;
  return raw;
}

interface Setup {
  readonly dry?: Float32Array | null;
  readonly target?: readonly [Float32Array, Float32Array] | null;
  readonly raw?: Float64Array;
}

function engineWith({ dry = null, target = null, raw = transparentRaw() }: Setup): StreamEngine {
  const engine = new StreamEngine(module, FS);
  engine.setSettings(raw, true);
  engine.load(dry, target);
  return engine;
}

/** A number as large at every sample as its place, in millionths. */
const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, n) => n * 1e-6);

describe('what is played', () => {
  const SECONDS = 1.5;

  it.each([[[128]], [[240]], [[1000]], [[1, 777, 64, 3000, 17, 256, 333]]])(
    'is what renderRealtime makes, in blocks of %j',
    (sizes) => {
      const dry = voice(SECONDS, 3);
      const raw = madeUpRaw();
      const from = 20_011;
      const rendered = renderRealtime(
        module,
        dry.subarray(from).map((x) => Math.fround(0.5 * x)),
        raw,
        {
          sampleRateHz: FS,
          tailSeconds: 1,
        },
      );
      const engine = engineWith({ dry, raw });
      engine.setGains({ input: 0.5, dry: 1, target: 1, processed: 0.8 });
      engine.seek(from);
      engine.play();
      const latency = engine.latencySamples;
      const { left, right } = play(engine, latency + rendered[0]!.length, sizes);
      const peak = rendered[0]!.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(peak).toBeGreaterThan(0.05);
      for (const [heard, expected] of [
        [left, rendered[0]!],
        [right, rendered[1]!],
      ] as const) {
        expect(heard.subarray(0, latency).every((x) => x === 0)).toBe(true);
        const length = expected.length - FADE;
        expect(largestDifference(heard, latency + FADE, expected, FADE, length, 0.8)).toBeLessThan(
          EXACT * peak,
        );
      }
    },
  );

  it('is dry, target and processed aligned sample for sample', () => {
    const dry = noise(9000, 1, 0.5);
    const target = [noise(9000, 2, 0.5), noise(9000, 3, 0.5)] as const;
    const hear = (monitor: 'dry' | 'target' | 'processed') => {
      const engine = engineWith({ dry, target });
      engine.setMonitor(monitor);
      engine.setGains({ input: 1, dry: 0.9, target: 0.7, processed: 1 });
      engine.play();
      return play(engine, 9000);
    };
    const latency = engineWith({}).latencySamples;
    const length = 9000 - latency - FADE;
    const hard = hear('dry');
    expect(largestDifference(hard.left, latency + FADE, dry, FADE, length, 0.9)).toBeLessThan(EXACT);
    expect(largestDifference(hard.right, latency + FADE, dry, FADE, length, 0.9)).toBeLessThan(EXACT);
    const wet = hear('target');
    expect(largestDifference(wet.left, latency + FADE, target[0], FADE, length, 0.7)).toBeLessThan(EXACT);
    expect(largestDifference(wet.right, latency + FADE, target[1], FADE, length, 0.7)).toBeLessThan(EXACT);
    const processed = hear('processed');
    const rendered = renderRealtime(module, dry, transparentRaw(), { sampleRateHz: FS })[0]!;
    expect(largestDifference(processed.left, latency + FADE, rendered, FADE, length)).toBeLessThan(EXACT);
  });

  it('goes on after a pause as if there had been none, while everything stood still', () => {
    const dry = voice(SECONDS, 5);
    const engine = engineWith({ dry, raw: madeUpRaw() });
    engine.play();
    play(engine, 20_000);
    engine.pause();
    expect(engine.isPlaying).toBe(false);
    const fading = play(engine, 1000, [100]).left;
    expect(fading.subarray(0, FADE - 1).some((x) => x !== 0)).toBe(true);
    expect(fading.subarray(FADE).every((x) => x === 0)).toBe(true);
    const { position } = engine;
    expect(position).toBe(20_000 + FADE - engine.latencySamples);
    engine.play();
    const after = play(engine, 9000).left;
    const rendered = renderRealtime(module, dry, madeUpRaw(), { sampleRateHz: FS })[0]!;
    const start = FADE;
    expect(largestDifference(after, start, rendered, position + start, 8000)).toBeLessThan(EXACT);
  });

  it.each([
    [
      'a stop',
      (engine: StreamEngine) => {
        engine.stop();
      },
      0,
    ],
    [
      'a seek while paused',
      (engine: StreamEngine) => {
        engine.pause();
        engine.seek(30_000);
      },
      30_000,
    ],
  ])('begins from silence after %s', (_, interrupt, from) => {
    const dry = voice(SECONDS, 6);
    const raw = madeUpRaw();
    const engine = engineWith({ dry, raw });
    engine.play();
    play(engine, 25_000);
    interrupt(engine);
    play(engine, 512);
    expect(engine.position).toBe(from);
    engine.play();
    const { left } = play(engine, 20_000);
    const rendered = renderRealtime(module, dry.subarray(from), raw, { sampleRateHz: FS })[0]!;
    const start = engine.latencySamples;
    expect(left.subarray(0, start).every((x) => x === 0)).toBe(true);
    expect(largestDifference(left, start + FADE, rendered, FADE, 20_000 - start - FADE)).toBeLessThan(EXACT);
  });

  it('rings out after the end and then stands there; the next play begins at the start', () => {
    const dry = voice(0.5, 7);
    const raw = madeUpRaw();
    const engine = engineWith({ dry, raw });
    engine.play();
    const rendered = renderRealtime(module, dry, raw, { sampleRateHz: FS, tailSeconds: 14 })[0]!;
    let heard = new Float32Array(0);
    while (engine.isPlaying && heard.length < 14 * FS) {
      const more = play(engine, 4410).left;
      heard = Float32Array.from([...heard, ...more]);
    }
    const seconds = (heard.length - dry.length) / FS;
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(10.3);
    expect(engine.position).toBe(dry.length);
    const until = heard.length - engine.latencySamples - 4410;
    expect(largestDifference(heard, engine.latencySamples + FADE, rendered, FADE, until - FADE)).toBeLessThan(
      EXACT,
    );
    // Nothing that can be heard is left out.
    const rest = rendered.subarray(until).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    if (seconds < 9.5) expect(rest).toBeLessThan(10 ** (-90 / 20));
    engine.play();
    play(engine, 2000);
    expect(engine.isPlaying).toBe(true);
    expect(engine.position).toBeGreaterThan(1000 - engine.latencySamples);
    expect(engine.position).toBeLessThanOrEqual(2000 - engine.latencySamples);
  });

  it('plays to the end of a target that is longer than the dry', () => {
    const dry = noise(5000, 1, 0.3);
    const target = [noise(60_000, 2, 0.3), noise(60_000, 3, 0.3)] as const;
    const engine = engineWith({ dry, target });
    engine.setMonitor('target');
    engine.play();
    const { left } = play(engine, 60_000 + engine.latencySamples);
    expect(
      largestDifference(left, engine.latencySamples + FADE, target[0], FADE, 60_000 - FADE),
    ).toBeLessThan(EXACT);
  });

  it('is silence without material', () => {
    const engine = new StreamEngine(module, FS);
    engine.play();
    expect(engine.isPlaying).toBe(false);
    expect(play(engine, 500).left.every((x) => x === 0)).toBe(true);
    expect(engine.position).toBe(0);
  });
});

describe('new material', () => {
  it('pauses, keeps the position where it fits, and does not click', () => {
    const engine = engineWith({ dry: tones(40_000, [200, 0.5]) });
    engine.play();
    play(engine, 20_000);
    const { position } = engine;
    engine.load(tones(30_000, [300, 0.5]), null);
    expect(engine.isPlaying).toBe(false);
    expect(engine.position).toBe(position);
    const { left } = play(engine, 1000);
    expect(left[0]).not.toBe(0);
    expect(largestJump(left, 0, 1000)).toBeLessThan(0.01);
    engine.load(tones(15_000, [300, 0.5]), null);
    expect(engine.position).toBe(0);
  });
});

describe('a loop', () => {
  const [START, END] = [6007, 16_550] as const;
  const PERIOD = END - START;
  /** Hard to loop: low, and far from repeating itself after the period. */
  const dry = tones(40_000, [97, 0.4], [211, 0.3]);
  const heardOf = (engine: StreamEngine, length: number, sizes?: readonly number[]) =>
    play(engine, engine.latencySamples + length, sizes).left.subarray(engine.latencySamples);

  it('repeats to the sample, and begins as it is', () => {
    const engine = engineWith({ dry });
    engine.setMonitor('dry');
    engine.setLoop(true, START, END);
    engine.play();
    const heard = heardOf(engine, END + 30 * PERIOD, [333]);
    for (let n = END; n < heard.length - PERIOD; n++)
      if (heard[n] !== heard[n + PERIOD]) expect(heard[n + PERIOD], `sample ${n}`).toBe(heard[n]);
    expect(largestDifference(heard, END, dry, START, PERIOD - FADE)).toBeLessThan(EXACT);
  });

  it('does not click', () => {
    const hard = Float32Array.from({ length: 3 * PERIOD }, (_, n) => dry[START + (n % PERIOD)]!);
    const plain = largestJump(dry, 0, dry.length);
    expect(largestJump(hard, 0, hard.length)).toBeGreaterThan(1000 * plain);
    for (const monitor of ['dry', 'processed'] as const) {
      const engine = engineWith({ dry });
      engine.setMonitor(monitor);
      engine.setLoop(true, START, END);
      engine.play();
      const heard = heardOf(engine, END + 5 * PERIOD);
      expect(largestJump(heard, 2000, heard.length)).toBeLessThan(plain + 1e-4);
    }
  });

  it('leaves material that repeats with it as it is', () => {
    const periodic = tones(40_000, [441, 0.5]);
    const engine = engineWith({ dry: periodic });
    engine.setMonitor('dry');
    engine.setLoop(true, 10_000, 20_000);
    engine.play();
    const heard = heardOf(engine, 39_000);
    expect(largestDifference(heard, FADE, periodic, FADE, 38_000)).toBeLessThan(1e-6);
  });

  it('keeps tails over the seam, and the chain never ends', () => {
    const raw = madeUpRaw();
    const sound = voice(1, 9);
    const engine = engineWith({ dry: sound, raw });
    engine.setLoop(true, 22_050, 44_100);
    engine.seek(22_050);
    engine.play();
    const seam = FADE;
    const once = sound.slice(22_050);
    for (let i = 0; i < seam; i++) {
      const w = 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / (seam + 1));
      const n = 22_050 - seam + i;
      once[n] = (1 - w) * once[n]! + w * sound[n]!;
    }
    const unrolled = Float32Array.from({ length: 4 * 22_050 }, (_, n) => once[n % 22_050]!);
    const expected = renderRealtime(module, unrolled, raw, { sampleRateHz: FS })[0]!;
    const heard = heardOf(engine, 3.9 * 22_050);
    expect(largestDifference(heard, FADE, expected, FADE, heard.length - FADE)).toBeLessThan(EXACT);
  });

  it('tells where the heard sound is, through the wrap', () => {
    const engine = engineWith({ dry: ramp(40_000) });
    engine.setMonitor('dry');
    engine.setLoop(true, START, END);
    engine.seek(END - 3000);
    engine.play();
    let isWrapped = false;
    for (let block = 0; block < 300; block++) {
      const { position } = engine;
      const { left } = play(engine, 97);
      const inSeam = position >= END - FADE - 97;
      const isFadedIn = block > 20;
      if (isFadedIn && !inSeam) expect(Math.round(left[0]! * 1e6)).toBe(position);
      isWrapped ||= position < END - 3000;
      expect(position).toBeGreaterThanOrEqual(START);
      expect(position).toBeLessThan(END);
    }
    expect(isWrapped).toBe(true);
  });

  it('takes effect at once while playing, without a click', () => {
    const engine = engineWith({ dry });
    engine.setMonitor('dry');
    engine.play();
    play(engine, 21_000);
    engine.setLoop(true, START, END);
    const jumped = play(engine, 4000).left;
    expect(engine.position).toBe(START + 4000 - engine.latencySamples);
    engine.setLoop(true, START, START + 9000);
    const moved = play(engine, 20_000).left;
    engine.setLoop(false, 0, 0);
    const free = play(engine, 15_000).left;
    const heard = Float32Array.from([...jumped, ...moved, ...free]);
    expect(largestJump(heard, 3, heard.length)).toBeLessThan(largestJump(dry, 0, dry.length) + 1e-4);
    expect(engine.position).toBeGreaterThan(START + 9000);
  });

  it('is at least 20 ms long', () => {
    const engine = engineWith({ dry });
    engine.setLoop(true, 5000, 5010);
    engine.seek(5000);
    engine.play();
    const positions = new Set<number>();
    for (let n = 0; n < 4000; n++) {
      play(engine, 1);
      positions.add(engine.position);
    }
    expect(positions.size).toBe(0.02 * FS);
    expect(Math.max(...positions)).toBe(5000 + 0.02 * FS - 1);
  });

  it('is gone to when playback is past its end or has ended', () => {
    const engine = engineWith({ dry });
    engine.seek(30_000);
    engine.setLoop(true, START, END);
    expect(engine.position).toBe(START);
    engine.setLoop(false, 0, 0);
    engine.seek(dry.length - 100);
    engine.play();
    play(engine, 5000);
    expect(engine.isPlaying).toBe(true);
    engine.setLoop(true, START, END);
    play(engine, 3000);
    expect(engine.position).toBeGreaterThan(START);
    expect(engine.position).toBeLessThan(START + 3000);
    engine.stop();
    expect(engine.position).toBe(START);
  });
});

describe('the monitor switch', () => {
  it('fades for 10 ms in a straight line, and what all have in common keeps its level', () => {
    const dry = tones(20_000, [150, 0.5]);
    const engine = engineWith({ dry, target: [dry, dry] });
    engine.setMonitor('dry');
    engine.play();
    const started = play(engine, 5000).left;
    engine.setMonitor('target');
    const first = play(engine, 200).left;
    engine.setMonitor('dry');
    const second = play(engine, 5000).left;
    const heard = Float32Array.from([...started, ...first, ...second]);
    const start = engine.latencySamples + FADE;
    expect(largestDifference(heard, start, dry, FADE, 9000)).toBeLessThan(EXACT);
  });

  it('sounds as long as it says', () => {
    const dry = new Float32Array(20_000).fill(0.5);
    const engine = engineWith({ dry });
    engine.setMonitor('dry');
    engine.play();
    play(engine, 5000);
    engine.setMonitor('target');
    const { left } = play(engine, 1000);
    expect(left[0]).toBeCloseTo(0.5 * (1 - 1 / TURN), 6);
    expect(left[220]).toBeCloseTo(0.25, 2);
    expect(left[439]).toBeGreaterThan(0);
    expect(left.subarray(TURN).every((x) => x === 0)).toBe(true);
  });
});

describe('a seek while playing', () => {
  it('crossfades for 10 ms and goes on there, in the target as in the dry', () => {
    const dry = tones(40_000, [97, 0.4], [211, 0.3]);
    const target = [tones(40_000, [131, 0.5]), tones(40_000, [171, 0.5])] as const;
    for (const monitor of ['dry', 'target', 'processed'] as const) {
      const engine = engineWith({ dry, target });
      engine.setMonitor(monitor);
      engine.play();
      play(engine, 10_000);
      engine.seek(30_000);
      expect(engine.isPlaying).toBe(true);
      const { left } = play(engine, 5000);
      expect(engine.position).toBe(30_000 + 5000 - engine.latencySamples);
      const source = monitor === 'target' ? target[0] : dry;
      expect(largestJump(left, 0, left.length)).toBeLessThan(largestJump(source, 0, source.length) + 1e-3);
      if (monitor === 'processed') continue;
      const settled = engine.latencySamples + TURN;
      expect(largestDifference(left, settled, source, 30_000 + TURN, 3000)).toBeLessThan(EXACT);
    }
  });

  it('goes to the last of several', () => {
    const engine = engineWith({ dry: ramp(60_000) });
    engine.setMonitor('dry');
    engine.play();
    play(engine, 5000);
    engine.seek(20_000);
    play(engine, 100);
    engine.seek(50_000);
    engine.seek(40_000);
    const { left } = play(engine, 4000);
    expect(Math.round(left[3999]! * 1e6)).toBe(engine.position - 1);
    expect(engine.position).toBe(40_000 + 4000 - engine.latencySamples - (TURN - 100));
  });

  it('brings the chain’s input back after the end of the dry', () => {
    const dry = voice(0.4, 4);
    const raw = madeUpRaw();
    const engine = engineWith({ dry, raw });
    engine.play();
    play(engine, dry.length + 3000);
    engine.seek(2000);
    const { left } = play(engine, 12_000);
    expect(engine.isPlaying).toBe(true);
    const from = FADE + engine.latencySamples;
    const expected = renderRealtime(module, dry.subarray(2000), raw, { sampleRateHz: FS })[0]!;
    expect(largestDifference(left, from + FADE, expected, FADE, 10_000)).toBeLessThan(EXACT);
  });
});

describe('gains', () => {
  it('glide without steps', () => {
    const dry = new Float32Array(60_000).fill(0.25);
    const engine = engineWith({ dry });
    engine.setMonitor('dry');
    engine.setGains({ input: 1, dry: 1, target: 1, processed: 1 });
    engine.play();
    play(engine, 3000);
    engine.setGains({ input: 1, dry: 2, target: 1, processed: 1 });
    const { left } = play(engine, 12_000);
    const steps = left.subarray(1).map((x, n) => Math.abs(x - left[n]!));
    expect(Math.max(...steps)).toBeLessThan(1e-4);
    expect(left[11_999]).toBe(0.5);
  });

  it('of the input go into the chain and leave the dry monitor alone', () => {
    const dry = tones(30_000, [300, 0.2]);
    const engine = engineWith({ dry });
    engine.setGains({ input: 3, dry: 1, target: 1, processed: 1 });
    engine.play();
    const processed = play(engine, 9000).left;
    const rendered = renderRealtime(module, dry, transparentRaw(), { sampleRateHz: FS })[0]!;
    const from = engine.latencySamples + 2000;
    expect(largestDifference(processed, from, rendered, 2000, 5000, 3)).toBeLessThan(EXACT);
    engine.setMonitor('dry');
    const hard = play(engine, 5000).left;
    expect(largestDifference(hard, 1000, dry, 10_000 - engine.latencySamples, 3000)).toBeLessThan(EXACT);
  });
});

describe('settings', () => {
  const dry = voice(1.5, 12);
  const rendered = (raw: Float64Array) => renderRealtime(module, dry, raw, { sampleRateHz: FS })[0]!;

  it('are there at once before anything is played, also after a stop', () => {
    const engine = engineWith({ dry, raw: transparentRaw() });
    engine.play();
    play(engine, 5000);
    engine.stop();
    play(engine, 500);
    engine.setSettings(madeUpRaw());
    engine.play();
    const { left } = play(engine, 20_000);
    const start = engine.latencySamples + FADE;
    expect(largestDifference(left, start, rendered(madeUpRaw()), FADE, 19_000)).toBeLessThan(EXACT);
  });

  it('glide while playing, and the last of many is the one that stays', () => {
    const low = tones(3 * FS, [150, 0.3]);
    const louder = transparentRaw();
    louder[parameterIndex('comp.makeup')] = 8;
    const engine = engineWith({ dry: low });
    engine.play();
    const before = play(engine, 10_000).left;
    engine.setSettings(madeUpRaw());
    engine.setSettings(louder);
    const after = play(engine, 60_000).left;
    const heard = Float32Array.from([...before, ...after]);
    expect(largestJump(heard, 2000, heard.length)).toBeLessThan(1e-3);
    const expected = renderRealtime(module, low, louder, { sampleRateHz: FS })[0]!;
    const late = 50_000;
    expect(largestDifference(heard, late + engine.latencySamples, expected, late, 10_000)).toBeLessThan(1e-5);
  });

  it('come without a glide when they are to', () => {
    const engine = engineWith({ dry });
    engine.play();
    play(engine, 10_000);
    const louder = transparentRaw();
    louder[parameterIndex('comp.makeup')] = 8;
    engine.setSettings(louder, true);
    // An immediate one that another replaced before it was heard still counts.
    engine.setSettings(louder);
    const { left } = play(engine, 5000);
    const expected = rendered(louder);
    const from = 10_000 - engine.latencySamples;
    expect(largestDifference(left, 0, expected, from, 5000)).toBeLessThan(1e-5);
  });

  it('may be designed elsewhere, and sent without what is known', () => {
    const designer = new ChainDesigner(FS);
    const first = designer.design(madeUpRaw());
    const raw = madeUpRaw();
    raw[parameterIndex('pan')]! += 1;
    const second = designSince(designer.design(raw), first);
    expect(second.fdn.spectra).toBe(null);
    const engine = new StreamEngine(module, FS);
    expect(() => {
      engine.setDesign(second);
    }).toThrow(RangeError);
    engine.setDesign(structuredClone(first));
    engine.setDesign(structuredClone(second));
    engine.load(dry, null);
    engine.play();
    const { left } = play(engine, 20_000);
    const start = engine.latencySamples + FADE;
    expect(largestDifference(left, start, rendered(raw), FADE, 19_000)).toBeLessThan(EXACT);
    expect(() => {
      engine.setDesign(new ChainDesigner(48_000).design(raw));
    }).toThrow(RangeError);
  });

  it('do not mix with each other, however fast they come', () => {
    const engine = engineWith({ dry });
    const designer = new ChainDesigner(FS);
    const designs = [1, -2, 3, 0].map((amount) => {
      const raw = madeUpRaw();
      for (let i = 0; i < raw.length; i++) raw[i]! += 0.1 * amount * Math.sin(i);
      return { raw, design: designer.design(raw) };
    });
    engine.play();
    for (let turn = 0; turn < 40; turn++) {
      for (let posts = 0; posts <= turn % 3; posts++) engine.setDesign(designs[(turn + posts) % 4]!.design);
      play(engine, 100 + 37 * turn);
    }
    engine.stop();
    play(engine, 500);
    engine.setDesign(designs[2]!.design);
    engine.play();
    const { left } = play(engine, 20_000);
    const start = engine.latencySamples + FADE;
    expect(largestDifference(left, start, rendered(designs[2]!.raw), FADE, 19_000)).toBeLessThan(EXACT);
  });

  it('bypass and solo effects', () => {
    const engine = engineWith({ dry, raw: madeUpRaw() });
    engine.setEffects(['delay', 'fdn'], null);
    engine.play();
    const { left } = play(engine, 20_000);
    const start = engine.latencySamples + FADE;
    const bypassed = renderRealtime(module, dry, madeUpRaw(), {
      sampleRateHz: FS,
      bypassed: ['delay', 'fdn'],
    })[0]!;
    expect(largestDifference(left, start, bypassed, FADE, 19_000)).toBeLessThan(EXACT);
    engine.stop();
    play(engine, 500);
    engine.setEffects([], 'delay');
    engine.play();
    const alone = play(engine, 20_000).left;
    const delayed = renderRealtime(module, dry, madeUpRaw(), { sampleRateHz: FS, stage: 'delay' })[0]!;
    expect(largestDifference(alone, start, delayed, FADE, 19_000)).toBeLessThan(EXACT);
  });
});
