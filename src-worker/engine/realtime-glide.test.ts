import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, neutralRaw, parametersUnder } from '#core/chain/parameters.ts';
import { physicalToRaw, type ParameterDefinition } from '#core/parameter.ts';
import { EQ_BANDS, type Bypassable, type EffectId } from '#core/protocol/schemas.ts';
import { noise, processAll, signalToErrorDb } from '../test-support/effect-contract.ts';
import { CLICK_WINDOW_SAMPLES, clickLevelDb } from '../test-support/click-measure.ts';
import { ChainDesigner } from './chain-design.ts';
import { loadKernelModule } from './kernel-module.ts';
import { RealtimeChain, openStreamKernels } from './realtime-chain.ts';

const FS = 44_100;
const BLOCK_SAMPLES = 128;

let module: WebAssembly.Module;
const designer = new ChainDesigner(FS);
const newChain = (): RealtimeChain => new RealtimeChain(openStreamKernels(module), FS);
beforeAll(async () => {
  module = await loadKernelModule();
});

/** The neutral start with some values replaced, in physical units, by id or by the beginning of ids. */
function rawWith(replaced: Readonly<Record<string, number>>, start = neutralRaw()): Float64Array {
  const raw = start.slice();
  for (const [selector, physical] of Object.entries(replaced))
    for (const index of parametersUnder(selector))
      raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, physical);
  return raw;
}

/** Every part is heard, and none drowns the others. */
const everything = rawWith({
  'eq.pk1.gain': 3,
  'eq.pk2.gain': -4,
  'eq.ls.gain': 5,
  'eq.hs.gain': 4,
  'eq.hp.freq': 80,
  'eq.lp.freq': 12_000,
  'comp.threshold': -24,
  'comp.expander_threshold': -40,
  'comp.averaging': 20,
  'comp.attack': 5,
  'comp.release': 60,
  'comp.lookahead': 5,
  'comp.ratio': 3,
  'delay.gain': 0.5,
  'delay.feedback': 0.4,
  'delay.send': 0.4,
  'delay.odd_pan': -40,
  'delay.even_pan': 50,
  'fdn.output.left': 0.3,
  'fdn.output.right': -0.2,
  'fdn.output.right.2': 0.3,
  'fdn.pk1.gain': 3,
  'fdn.pk2.gain': -3,
  'fdn.ls.gain': 2,
  'fdn.hs.gain': -2,
  pan: 20,
});
for (const index of parametersUnder('fdn.mixing')) everything[index] = Math.sin(3 * index);

/** Raw number at a part 0..1 of the way along a control. */
function along(parameter: ParameterDefinition, part: number): number {
  const { min, max, scale } = parameter;
  const physical = scale === 'log' && min > 0 ? min * (max / min) ** part : min + part * (max - min);
  return physicalToRaw(parameter, physical);
}

describe('changes while a tone sounds', () => {
  /** A chain through which a steady tone goes. */
  class ToneRig {
    readonly chain = newChain();
    private time = 0;

    constructor(
      private readonly toneHz: number,
      private readonly widthHz: number,
      private readonly change: (chain: RealtimeChain, raw: Float64Array) => void,
    ) {
      this.chain.setRaw(everything);
      this.sound(2 * FS);
    }

    /** The click level of a change to a setting. */
    levelOf(raw: Float64Array): number {
      return this.levelOfAction(() => this.change(this.chain, raw));
    }

    levelOfAction(action: () => void): number {
      // Blocks begin at another phase of the tone every time.
      this.sound(BLOCK_SAMPLES + (this.time % 97));
      const before = this.sound(CLICK_WINDOW_SAMPLES / 2);
      action();
      const after = this.sound(CLICK_WINDOW_SAMPLES / 2);
      const whole = before.map((channel, c) => Float32Array.of(...channel, ...after[c]!));
      return clickLevelDb(whole, this.toneHz, this.widthHz, FS);
    }

    private sound(length: number): Float32Array[] {
      const tone = Float32Array.from(
        { length },
        (_, n) => 0.25 * Math.sin((2 * Math.PI * this.toneHz * (this.time + n)) / FS),
      );
      this.time += length;
      return processAll(this.chain, [tone], [BLOCK_SAMPLES]);
    }
  }

  const glide = (chain: RealtimeChain, raw: Float64Array): void => chain.glideTo(designer.design(raw));
  const jump = (chain: RealtimeChain, raw: Float64Array): void => chain.setDesign(designer.design(raw));

  /** The worst of the two ways between 10 % and 90 % of every control, by id; loudest first. */
  function levelsOfAll(rig: ToneRig): readonly (readonly [id: string, levelDb: number])[] {
    const levels = CHAIN_PARAMETERS.map((parameter, index) => {
      const low = everything.slice();
      low[index] = along(parameter, 0.1);
      const high = everything.slice();
      high[index] = along(parameter, 0.9);
      rig.levelOf(low);
      const level = Math.max(rig.levelOf(high), rig.levelOf(low));
      rig.levelOf(everything);
      return [parameter.id, level] as const;
    });
    return levels.sort(([, a], [, b]) => b - a);
  }

  const loud = (levels: readonly (readonly [string, number])[], limitDb: number): string[] =>
    levels.filter(([, level]) => level > limitDb).map(([id, level]) => `${id} ${level.toFixed(1)} dB`);

  it('no parameter clicks: 900 Hz from a tone of 3 kHz, everything is below −55 dB', () => {
    expect(loud(levelsOfAll(new ToneRig(3001, 900, glide)), -55)).toEqual([]);
    // The measure hears what it is for.
    const heard = loud(levelsOfAll(new ToneRig(3001, 900, jump)), -55);
    expect(heard.length, heard.join()).toBeGreaterThan(65);
    for (const id of [
      'eq.pk1.gain',
      'eq.lp.freq',
      'eq.hp.q',
      'comp.threshold',
      'comp.makeup',
      'comp.lookahead',
      'delay.time',
      'delay.send',
      'delay.lp.freq',
      'fdn.input.0.left',
      'fdn.output.right.3',
      'fdn.mixing.0.1',
      'pan',
    ])
      expect(
        heard.some((entry) => entry.startsWith(`${id} `)),
        id,
      ).toBe(true);
  });

  it('close to a low tone only the fastest sweeps of a filter are heard', () => {
    const gliding = levelsOfAll(new ToneRig(997, 300, glide));
    expect(loud(gliding, -30)).toEqual([]);
    const sweeps = loud(gliding, -50).filter((entry) => !/^eq\.(hp|lp|pk1)\.freq /.test(entry));
    expect(sweeps).toEqual([]);
  });

  it('decay times, the whole setting, bypass and solo do not click either', () => {
    const rig = new ToneRig(3001, 900, glide);
    const dead = rawWith({ 'fdn.decay': 0.1 }, everything);
    const long = rawWith({ 'fdn.decay': 4 }, everything);
    rig.levelOf(dead);
    const levels: [string, number][] = [
      ['longer decay', rig.levelOf(long)],
      ['shorter decay', rig.levelOf(dead)],
      ['other setting', rig.levelOf(neutralRaw())],
      ['back', rig.levelOf(everything)],
    ];
    for (const effect of ['eq', 'comp', 'delay', 'fdn', 'pan'] as const satisfies EffectId[]) {
      levels.push([`${effect} bypassed`, rig.levelOfAction(() => rig.chain.setBypassed([effect]))]);
      levels.push([`${effect} back`, rig.levelOfAction(() => rig.chain.setBypassed([]))]);
      levels.push([`${effect} alone`, rig.levelOfAction(() => rig.chain.setSolo(effect))]);
      levels.push(['all', rig.levelOfAction(() => rig.chain.setSolo(null))]);
    }
    for (const band of EQ_BANDS) {
      const glideTo = (bypassed: readonly Bypassable[]) => (): void =>
        rig.chain.glideTo(designer.design(everything, bypassed));
      levels.push([`${band} bypassed`, rig.levelOfAction(glideTo([band]))]);
      levels.push([`${band} back`, rig.levelOfAction(glideTo([]))]);
    }
    expect(loud(levels, -55)).toEqual([]);
    const jumping = new ToneRig(3001, 900, jump);
    jumping.levelOf(dead);
    expect(jumping.levelOf(long)).toBeGreaterThan(-55);
    expect(jumping.levelOfAction(() => jumping.chain.setBypassed(['comp'], true))).toBeGreaterThan(-55);
  });
});

/** Random settings around the neutral one, as wide as published ones and wider. */
function randomRaw(seed: number, spread: number): Float64Array {
  const random = noise(3 * CHAIN_PARAMETERS.length, seed);
  return neutralRaw().map(
    (raw, i) => raw + spread * (random[3 * i]! + random[3 * i + 1]! + random[3 * i + 2]!),
  );
}

it('after a glide the sound is that of a chain that always had the setting', () => {
  const short = {
    'fdn.decay': 0.2,
    'delay.time': 130,
    'delay.feedback': 0.2,
    'comp.release': 20,
    'comp.averaging': 5,
  };
  const from = rawWith(short, randomRaw(3, 1));
  const to = rawWith({ ...short, 'delay.time': 190, 'fdn.decay': 0.3 }, randomRaw(4, 1));
  const sound = [noise(4 * FS, 9)];
  const gliding = newChain();
  gliding.setRaw(from);
  processAll(gliding, [noise(FS, 2)]);
  const beginning = processAll(gliding, [sound[0]!.subarray(0, 5000)]);
  gliding.glideTo(designer.design(to));
  const rest = processAll(gliding, [sound[0]!.subarray(5000)]);
  const constant = newChain();
  constant.setRaw(to);
  const expected = processAll(constant, sound);
  const last = (channels: Float32Array[]) => channels.map((channel) => channel.subarray(-FS));
  expect(signalToErrorDb(last(rest), last(expected))).toBeGreaterThan(100);
  expect(
    signalToErrorDb(
      beginning,
      expected.map((channel) => channel.subarray(0, 5000)),
    ),
  ).toBeLessThan(20);
});

it('stays finite and bounded when settings come at any time', () => {
  const random = noise(4000, 77);
  const designs = Array.from({ length: 24 }, (_, i) =>
    designer.design(randomRaw(100 + i, i % 3 === 0 ? 3 : 1.2)),
  );
  const sound = noise(FS, 5).map((sample) => 0.3 * sample);
  const peakOf = (channels: readonly Float32Array[]): number =>
    channels.reduce(
      (peak, channel) => channel.reduce((most, y) => (Math.abs(y) <= most ? most : Math.abs(y)), peak),
      0,
    );
  const chain = newChain();
  let still = 0;
  for (const design of designs) {
    chain.setDesign(design);
    chain.reset();
    still = Math.max(still, peakOf(processAll(chain, [sound])));
  }
  chain.reset();
  let gliding = 0;
  for (let turn = 0; turn < 600; turn++) {
    chain.glideTo(designs[Math.floor(12 + 11.9 * random[2 * turn]!)]!);
    const start = (turn * 613) % (FS / 2);
    // From one sample to 60 ms: many far within the glide before.
    const length = 1 + Math.floor(2646 * ((1 + random[2 * turn + 1]!) / 2) ** 3);
    gliding = Math.max(gliding, peakOf(processAll(chain, [sound.subarray(start, start + length)])));
  }
  expect(Number.isFinite(gliding)).toBe(true);
  expect(gliding, `still settings reach ${still}`).toBeLessThan(4 * still);
  chain.glideTo(designer.design(rawWith({ 'fdn.decay': 0.2, 'delay.feedback': 0.1 })));
  const silence = [new Float32Array(4 * FS)];
  const after = processAll(chain, silence);
  expect(peakOf(after.map((channel) => channel.subarray(-FS / 2)))).toBeLessThan(1e-6 * still);
});

it('allocates nothing while it processes and glides', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const chain = newChain();
  const designs = Array.from({ length: 4 }, (_, i) => designer.design(randomRaw(i + 1, 1)));
  const input = [noise(BLOCK_SAMPLES)];
  const output = [new Float32Array(BLOCK_SAMPLES), new Float32Array(BLOCK_SAMPLES)];
  let shown = 0;
  const play = (seconds: number): void => {
    const blocks = (seconds * FS) / BLOCK_SAMPLES;
    for (let block = 0; block < blocks; block++) {
      if (block % 6 === 0) {
        chain.glideTo(designs[(block / 6) % 4]!);
        shown += chain.gainReductionDb + chain.compressorInputDb;
      }
      chain.process(input, output, BLOCK_SAMPLES);
    }
  };
  chain.setDesign(designs[0]!);
  play(6);
  const bytesPerSecond = (): number => {
    collect();
    const before = process.memoryUsage().heapUsed;
    play(5);
    return (process.memoryUsage().heapUsed - before) / 5;
  };
  // Code that is compiled late has its numbers boxed until then. One number on the heap per node, or one view of memory
  // per block, would be 30 kB every second.
  let least = Infinity;
  for (let attempt = 0; attempt < 12 && least >= 25_000; attempt++) least = Math.min(least, bytesPerSecond());
  expect(least, `${shown}`).toBeLessThan(25_000);
});
