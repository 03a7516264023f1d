import { beforeAll, describe, expect, it } from 'vitest';
import { neutralRaw, parameterIndex, parametersUnder } from '#core/chain/parameters.ts';
import { EQ_BANDS, type Bypassable } from '#core/protocol/schemas.ts';
import { noise, processAll, signalToErrorDb } from '../test-support/effect-contract.ts';
import { ChainDesigner, designSince, type ChainDesign } from './chain-design.ts';
import { loadKernelModule } from './kernel-module.ts';
import { RealtimeChain, openStreamKernels } from './realtime-chain.ts';
import { renderRealtime } from './render.ts';

const FS = 44_100;

function rawWith(id: string, raw: number): Float64Array {
  const all = neutralRaw();
  for (const index of parametersUnder('fdn.output')) all[index] = 0.4;
  all[parameterIndex(id)] = raw;
  return all;
}

describe('designs of the chain', () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await loadKernelModule();
  });
  const chainAt = (rate: number): RealtimeChain => new RealtimeChain(openStreamKernels(module), rate);
  const sound = [noise(6000)];

  /** The sound when the second design is glided to after 1000 samples. */
  function played(first: ChainDesign, second: ChainDesign): Float32Array[] {
    const chain = chainAt(FS);
    chain.setDesign(first);
    processAll(chain, [sound[0]!.subarray(0, 1000)]);
    chain.glideTo(second);
    return processAll(chain, [sound[0]!.subarray(1000)]);
  }

  it('make the decay anew only where it changed', () => {
    const designer = new ChainDesigner(FS);
    const first = designer.design(rawWith('pan', 0));
    const second = designer.design(rawWith('pan', 2));
    expect(second.fdn.spectra).toBe(first.fdn.spectra);
    expect(designer.design(rawWith('fdn.decay.7', 1)).fdn.spectra).not.toEqual(first.fdn.spectra);
  });

  it('travel to another thread, without what it has', () => {
    const designer = new ChainDesigner(FS);
    const first = designer.design(rawWith('pan', 0));
    const second = designer.design(rawWith('eq.pk1.gain', 9));
    const third = designer.design(rawWith('fdn.decay.7', 1));
    const sentFirst = structuredClone(designSince(first, undefined));
    const sentSecond = structuredClone(designSince(second, first));
    const sentThird = structuredClone(designSince(third, second));
    expect(sentSecond.fdn.spectra).toBeNull();
    expect(sentThird.fdn.spectra).toEqual(third.fdn.spectra);
    expect(played(sentFirst, sentSecond)).toEqual(played(first, second));
    expect(() => chainAt(FS).setDesign(sentSecond)).toThrow(RangeError);
  });

  it('leave out bypassed bands of the EQ, and glide there and back', () => {
    const designer = new ChainDesigner(FS);
    const raw = rawWith('eq.pk1.gain', 9);
    const [whole, bare] = [designer.design(raw), designer.design(raw, ['eq.pk1', 'comp'])];
    expect(bare.fdn.spectra).toBe(whole.fdn.spectra);
    expect(bare.comp).toEqual(whole.comp);
    const chain = chainAt(FS);
    const play = (): Float32Array[] => processAll(chain, [noise(FS)]);
    /** Sound of a chain that has had this design all the time. */
    const steady = (design: ChainDesign): Float32Array[] => {
      const other = chainAt(FS);
      other.setDesign(design);
      processAll(other, [noise(FS)]);
      return processAll(other, [noise(FS)]);
    };
    chain.setDesign(whole);
    play();
    for (const design of [bare, whole]) {
      chain.glideTo(structuredClone(designSince(design, whole)));
      const [found, expected] = [play(), steady(design)];
      const late = (x: Float32Array): Float32Array => x.subarray(0.9 * FS);
      expect(signalToErrorDb(found.map(late), expected.map(late))).toBeGreaterThan(60);
    }
    expect(signalToErrorDb(steady(bare), steady(whole))).toBeLessThan(20);
  });

  it('are flat where all bands are bypassed', () => {
    const input = noise(9000);
    const raw = rawWith('eq.hs.gain', -12);
    const rendered = (bypassed: readonly Bypassable[]): Float32Array[] =>
      renderRealtime(module, input, raw, { sampleRateHz: FS, stage: 'comp', bypassed });
    expect(rendered(['comp', ...EQ_BANDS])).toEqual([input]);
    expect(rendered(['comp', 'eq'])).toEqual([input]);
    expect(rendered(['comp', 'eq.hs'])).not.toEqual([input]);
    expect(rendered(['eq.hs'])).toEqual(
      renderRealtime(module, input, rawWith('eq.hs.gain', 0), { sampleRateHz: FS, stage: 'comp' }),
    );
  });

  it('are for one sample rate', () => {
    const design = new ChainDesigner(48_000).design(neutralRaw());
    const chain = chainAt(FS);
    expect(() => chain.setDesign(design)).toThrow(/48000 Hz/);
    chain.setRaw(neutralRaw());
    expect(() => chain.glideTo(design)).toThrow(/48000 Hz/);
    expect(() => new ChainDesigner(500).design(neutralRaw())).toThrow(RangeError);
  });

  it('are taken over at once by a chain that has none', () => {
    const design = new ChainDesigner(FS).design(rawWith('eq.hs.gain', 5));
    const [glided, set] = [chainAt(FS), chainAt(FS)];
    glided.glideTo(design);
    set.setDesign(design);
    expect(processAll(glided, sound)).toEqual(processAll(set, sound));
  });
});
