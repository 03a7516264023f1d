import { beforeAll, describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex, rawToValues } from '#core/chain/parameters.ts';
import type { EffectId } from '#core/protocol/schemas.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { loadKernelModule } from './kernel-module.ts';
import { REALTIME_STAGES, RealtimeChain, openStreamKernels, type RealtimeStage } from './realtime-chain.ts';
import { renderRealtime } from './render.ts';
import { effectContract, noise, processAll } from '../test-support/effect-contract.ts';

const FS = 44_100;

/** The neutral start with some raw numbers replaced, by id. */
function rawWith(replaced: Readonly<Record<string, number>>): Float64Array {
  const raw = neutralRaw();
  for (const [id, value] of Object.entries(replaced)) raw[parameterIndex(id)] = value;
  return raw;
}

const busyRaw = rawWith({
  'eq.pk1.gain': 6,
  'comp.lookahead': 3.3,
  'delay.time': -1.8,
  'delay.send': 0.5,
  'fdn.output.left.0': 0.6,
  'fdn.output.right.3': -0.4,
  'fdn.mixing.0.4': 1.1,
  pan: 0.3,
});

effectContract({
  name: 'the whole chain',
  parameters: CHAIN_PARAMETERS,
  create: (kernels) => new RealtimeChain(kernels, FS),
  decaying: { values: [...rawToValues(busyRaw)], decaySeconds: 11 },
  settings: [[...rawToValues(busyRaw)]],
});

describe('rendering', () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await loadKernelModule();
  });

  /** Filters far out, compressor never acting, delay and reverb silent. */
  const transparent = rawWith({
    'eq.lp.freq': 36,
    'eq.hp.freq': -36,
    'comp.threshold': 200,
    'comp.expander_threshold': -300,
    'comp.lookahead': 0,
    'delay.gain': -60,
  });

  it('is aligned with the input at every stage', () => {
    const click = new Float32Array(2000);
    click[700] = 1;
    for (const stage of ['eq', 'comp', 'final'] as const)
      for (const channel of renderRealtime(module, click, transparent, { sampleRateHz: FS, stage })) {
        const largest = channel.reduce(
          (best, y, n) => (Math.abs(y) > Math.abs(channel[best]!) ? n : best),
          0,
        );
        expect(largest, stage).toBe(700);
      }
  });

  it('is as long as input and tail, and the tail changes nothing before it', () => {
    const input = noise(5000);
    for (const stage of REALTIME_STAGES) {
      const short = renderRealtime(module, input, busyRaw, { sampleRateHz: FS, stage });
      const long = renderRealtime(module, input, busyRaw, { sampleRateHz: FS, stage, tailSeconds: 0.25 });
      expect(short).toHaveLength(stage === 'eq' || stage === 'comp' ? 1 : 2);
      short.forEach((channel, c) => {
        expect(channel).toHaveLength(5000);
        expect(long[c]).toHaveLength(5000 + 11_025);
        expect(long[c]!.subarray(0, 5000)).toEqual(channel);
      });
    }
  });

  it('is the sum of its stages', () => {
    const input = noise(30_000);
    const at = (stage: RealtimeStage) => renderRealtime(module, input, busyRaw, { sampleRateHz: FS, stage });
    const [[direct], delay, fdn, final] = [at('comp'), at('delay'), at('fdn'), at('final')] as const;
    const angle = (Math.PI / 2) * rawToValues(busyRaw)[parameterIndex('pan')]!;
    [Math.cos(angle), Math.sin(angle)].forEach((gain, c) => {
      for (let n = 0; n < input.length; n += 7) {
        const sum = Math.SQRT2 * gain * direct![n]! + delay[c]![n]! + fdn[c]![n]!;
        expect(Math.abs(final[c]![n]! - sum)).toBeLessThan(1e-6);
      }
    });
  });

  it.each([8000, 22_050, 48_000, 96_000, 192_000])('works at %i Hz', (rate) => {
    const input = noise(rate / 2);
    const chain = new RealtimeChain(openStreamKernels(module), rate);
    chain.setRaw(busyRaw);
    expect(chain.latencySamples).toBe(Math.floor(0.015 * rate));
    for (const channel of processAll(chain, [input])) {
      expect(channel.every((y) => Number.isFinite(y) && Math.abs(y) < 100)).toBe(true);
      expect(channel.some((y) => Math.abs(y) > 1e-3)).toBe(true);
    }
  });

  it('gives nothing for nothing', () => {
    const [left] = renderRealtime(module, new Float32Array(0), busyRaw, {
      sampleRateHz: FS,
      tailSeconds: 0.1,
    });
    expect(left).toHaveLength(4410);
    expect(left!.every((y) => y === 0)).toBe(true);
  });
});

describe('bypass and solo', () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await loadKernelModule();
  });
  const input = noise(20_000);
  const LATENCY = 661;
  const render = (raw: Float64Array, bypassed: readonly EffectId[] = [], stage: RealtimeStage = 'final') =>
    renderRealtime(module, input, raw, { sampleRateHz: FS, stage, bypassed });

  /** Everything a chain gives, in its own time, with one effect alone from the start. */
  function alone(effect: EffectId, bypassed: readonly EffectId[] = []): [Float32Array, Float32Array] {
    const chain = new RealtimeChain(openStreamKernels(module), FS);
    chain.setRaw(busyRaw);
    chain.setSolo(effect, true);
    chain.setBypassed(bypassed, true);
    return processAll(chain, [input], [100]) as [Float32Array, Float32Array];
  }

  it('with everything bypassed the input comes out of both channels', () => {
    for (const channel of render(busyRaw, ['eq', 'comp', 'delay', 'fdn', 'pan']))
      expect(channel).toEqual(input);
  });

  it('a bypassed filter or compressor passes on what it gets', () => {
    expect(render(busyRaw, ['eq'], 'eq')).toEqual([input]);
    expect(render(busyRaw, ['comp'], 'comp')).toEqual(render(busyRaw, [], 'eq'));
    expect(render(busyRaw, ['eq'], 'comp')).not.toEqual(render(busyRaw, [], 'comp'));
  });

  it('a bypassed delay is silent and sends nothing to the reverb', () => {
    for (const channel of render(busyRaw, ['delay'], 'delay'))
      expect(channel.every((y) => y === 0)).toBe(true);
    const withoutSend = busyRaw.slice();
    withoutSend[parameterIndex('delay.send')] = -800;
    expect(render(busyRaw, ['delay'], 'fdn')).toEqual(render(withoutSend, [], 'fdn'));
  });

  it('a bypassed reverb is silent, and a bypassed pan is in the middle', () => {
    for (const channel of render(busyRaw, ['fdn'], 'fdn')) expect(channel.every((y) => y === 0)).toBe(true);
    const [direct] = render(busyRaw, [], 'comp');
    for (const channel of render(busyRaw, ['pan', 'delay', 'fdn'])) expect(channel).toEqual(direct);
  });

  it('EQ and compressor alone are the difference to what they get, the same left and right', () => {
    const [equalised] = render(busyRaw, [], 'eq');
    const [compressed] = render(busyRaw, [], 'comp');
    const differences: readonly [EffectId, Float32Array, Float32Array][] = [
      ['eq', equalised!, input],
      ['comp', compressed!, equalised!],
    ];
    for (const [effect, after, before] of differences) {
      const [left, right] = alone(effect);
      expect(left).toEqual(right);
      expect(left.subarray(LATENCY)).toEqual(
        after.map((sample, n) => sample - before[n]!).subarray(0, input.length - LATENCY),
      );
      expect(alone(effect, [effect])[0].every((y) => y === 0)).toBe(true);
    }
  });

  it('delay, reverb and pan alone add up to the whole', () => {
    const parts = (['pan', 'delay', 'fdn'] as const).map((effect) => alone(effect));
    const whole = render(busyRaw);
    whole.forEach((channel, c) => {
      const sum = parts[0]![c]!.map(
        (sample, n) => Math.fround(sample + parts[1]![c]![n]!) + parts[2]![c]![n]!,
      );
      expect(sum.subarray(LATENCY)).toEqual(channel.subarray(0, input.length - LATENCY));
    });
  });

  it('fades within 10 ms and leaves no trace afterwards', () => {
    const [changed, untouched] = [0, 1].map(() => {
      const chain = new RealtimeChain(openStreamKernels(module), FS);
      chain.setRaw(busyRaw);
      return chain;
    }) as [RealtimeChain, RealtimeChain];
    const part = (start: number, end: number) => [input.subarray(start, end)];
    const both = (start: number, end: number) =>
      [processAll(changed, part(start, end), [128]), processAll(untouched, part(start, end), [128])] as const;
    both(0, 5000);
    changed.setBypassed(['pan']);
    changed.setSolo('fdn');
    const [fading, steady] = both(5000, 5441);
    expect(Math.abs(fading[0]![0]! - steady[0]![0]!)).toBeLessThan(1e-4);
    changed.setBypassed([]);
    changed.setSolo(null);
    both(5441, 5882);
    const [after, expected] = both(5882, 9000);
    expect(after).toEqual(expected);
    expect(changed.latencySamples).toBe(LATENCY);
  });
});

describe('what the compressor does, for meters', () => {
  it('is the most since it was last asked', async () => {
    const chain = new RealtimeChain(openStreamKernels(await loadKernelModule()), FS);
    expect(chain.compressorInputDb).toBe(-Infinity);
    expect(chain.gainReductionDb).toBe(0);
    chain.setRaw(
      rawWith({
        ...Object.fromEntries(['eq.lp.freq', 'eq.hp.freq'].map((id, i) => [id, i ? -36 : 36])),
        'comp.threshold': -20,
        'comp.expander_threshold': -90,
        'comp.ratio': 36,
        'comp.lookahead': 0,
        'comp.makeup': 12,
        'comp.averaging': physicalToRaw(CHAIN_PARAMETERS[parameterIndex('comp.averaging')]!, 20),
      }),
    );
    const tone = (amplitude: number) =>
      Float32Array.from({ length: FS }, (_, n) => amplitude * Math.sin((2 * Math.PI * 3000 * n) / FS));
    processAll(chain, [tone(1)]);
    processAll(chain, [tone(0.001)]);
    // 17 dB above the threshold, less a twentieth of that.
    expect(chain.compressorInputDb).toBeCloseTo(-3, 0);
    expect(chain.gainReductionDb).toBeCloseTo(-16.1, 0);
    expect(chain.gainReductionDb).toBeCloseTo(-16.1, 0);
    processAll(chain, [tone(0.001)]);
    expect(chain.compressorInputDb).toBeLessThan(-50);
    expect(chain.gainReductionDb).toBeGreaterThan(-1);
  });
});
