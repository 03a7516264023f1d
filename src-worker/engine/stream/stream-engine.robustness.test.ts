import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { MONITORS } from '#core/protocol/audio.ts';
import { METER_FIELDS } from '#core/protocol/audio-frames.ts';
import { EFFECTS } from '#core/protocol/schemas.ts';
import { madeUpRaw } from '../../test-support/made-up-pair.ts';
import { noise } from '../../test-support/made-up-signals.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { StreamEngine } from './stream-engine.ts';
import { play } from './test-player.ts';

const FS = 44_100;
let module: WebAssembly.Module;
beforeAll(async () => {
  module = await loadKernelModule();
});

it('gives finite sound and positions within the material, whatever is asked', () => {
  const raw = madeUpRaw();
  const engine = new StreamEngine(module, FS);
  const sounds = [0, 1, 500, 20_000].map((length) => noise(length, length, 0.5));
  const target = [noise(15_000, 3, 0.5), noise(15_000, 4, 0.5)] as const;
  const place = fc.integer({ min: 0, max: 25_000 });
  const gain = fc.double({ min: 0, max: 4, noNaN: true });
  const command = fc.oneof(
    fc.record({ do: fc.constant('process' as const), length: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ do: fc.constant('process' as const), length: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ do: fc.constant('process' as const), length: fc.constant(70_000) }),
    fc.record({ do: fc.constantFrom('play' as const, 'pause' as const, 'stop' as const) }),
    fc.record({ do: fc.constant('play' as const) }),
    fc.record({ do: fc.constant('seek' as const), to: place }),
    fc.record({ do: fc.constant('loop' as const), isOn: fc.boolean(), start: place, end: place }),
    fc.record({ do: fc.constant('monitor' as const), monitor: fc.constantFrom(...MONITORS) }),
    fc.record({
      do: fc.constant('gains' as const),
      gains: fc.record({ input: gain, dry: gain, target: gain, processed: gain }),
    }),
    fc.record({
      do: fc.constant('effects' as const),
      bypassed: fc.subarray([...EFFECTS]),
      solo: fc.constantFrom(...EFFECTS, null),
    }),
    fc.record({ do: fc.constant('load' as const), dry: fc.nat(sounds.length), hasTarget: fc.boolean() }),
    fc.record({
      do: fc.constant('settings' as const),
      isImmediate: fc.boolean(),
      amount: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(fc.array(command, { minLength: 5, maxLength: 60 }), (commands) => {
      engine.load(sounds[3]!, target);
      let length = 20_000;
      const frame = new Float32Array(METER_FIELDS);
      for (const step of commands) {
        switch (step.do) {
          case 'process': {
            const { left, right } = play(engine, step.length, [step.length]);
            expect(left.every((x) => Math.abs(x) < 1000) && right.every((x) => Math.abs(x) < 1000)).toBe(
              true,
            );
            break;
          }
          case 'seek':
            engine.seek(step.to);
            break;
          case 'loop':
            engine.setLoop(step.isOn, step.start, step.end);
            break;
          case 'monitor':
            engine.setMonitor(step.monitor);
            break;
          case 'gains':
            engine.setGains(step.gains);
            break;
          case 'effects':
            engine.setEffects(step.bypassed, step.solo);
            break;
          case 'load':
            engine.load(sounds[step.dry] ?? null, step.hasTarget ? target : null);
            length = Math.max(sounds[step.dry]?.length ?? 0, step.hasTarget ? 15_000 : 0);
            break;
          case 'settings':
            engine.setSettings(
              raw.map((x) => x + step.amount),
              step.isImmediate,
            );
            break;
          default:
            engine[step.do]();
        }
        expect(engine.position).toBeGreaterThanOrEqual(0);
        expect(engine.position).toBeLessThanOrEqual(length);
        expect(Number.isInteger(engine.position)).toBe(true);
        engine.takeMeters(frame);
        expect(frame.some(Number.isNaN)).toBe(false);
      }
    }),
    { numRuns: 80, seed: 7 },
  );
});

it('allocates nothing while it plays', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const engine = new StreamEngine(module, FS);
  engine.setSettings(madeUpRaw(), true);
  const sound = noise(4 * FS, 1, 0.3);
  engine.load(sound, [sound, sound]);
  engine.setLoop(true, 1000, 40_000);
  engine.play();
  const [left, right] = [new Float32Array(480), new Float32Array(480)];
  const BLOCKS = 1000;
  const bytesPerBlock = (): number => {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let block = 0; block < BLOCKS; block++) engine.process(left, right, 480);
    return (process.memoryUsage().heapUsed - before) / BLOCKS;
  };
  // Code that runs ten times a second is compiled late and has its numbers boxed until then; an array or object for every
  // block is more.
  const least = Math.min(...Array.from({ length: 12 }, bytesPerBlock));
  expect(least).toBeLessThan(40);
});

it('gives silence for what is no number, and forgets it', () => {
  const engine = new StreamEngine(module, FS);
  engine.setSettings(madeUpRaw(), true);
  const broken = noise(FS, 1, 0.3).map((x, n) => (n % 1000 === 10 ? NaN : n % 1000 === 20 ? Infinity : x));
  engine.load(broken, [broken, broken]);
  const frame = new Float32Array(METER_FIELDS);
  for (const monitor of MONITORS) {
    engine.setMonitor(monitor);
    engine.play();
    const { left } = play(engine, 20_000);
    expect(left.every(Number.isFinite)).toBe(true);
    expect(left.filter((x) => x !== 0).length).toBeGreaterThan(15_000);
    engine.takeMeters(frame);
    expect(frame.every(Number.isFinite)).toBe(true);
    engine.stop();
  }
});
