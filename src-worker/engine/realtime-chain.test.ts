import { beforeAll, describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex, rawToValues } from '#core/chain/parameters.ts';
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
