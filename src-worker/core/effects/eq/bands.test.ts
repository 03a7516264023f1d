import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import { CLICK_WINDOW_SAMPLES, clickLevelDb } from '../../../test-support/click-measure.ts';
import { defaultsWith, noise, processAll } from '../../../test-support/effect-contract.ts';
import { EFFECTS, EQ_BANDS, type Bypassable } from '../../protocol/schemas.ts';
import { realFft } from '../../signal/fft.ts';
import type { StreamKernels } from '../processor.ts';
import { EQ_BAND_IDS, isEqBand } from './bands.ts';
import { eqParameters } from './params.ts';
import { EqProcessor } from './realtime.ts';
import { eqResponseDb } from './response.ts';

const FS = 44_100;
const busy = [6, 300, 3, -9, 5000, 0.4, 4, 60, -7, 3000, 9000, 1.5, 90, 3];

describe('bypassed bands of the EQ', () => {
  let kernels: StreamKernels;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
  });

  it('have the names that the protocol knows', () => {
    expect(EQ_BAND_IDS).toEqual(EQ_BANDS);
    expect([...EFFECTS, ...EQ_BANDS].filter(isEqBand)).toEqual(EQ_BANDS);
  });

  const processed = (
    values: readonly number[],
    bypassed: readonly Bypassable[],
    input: Float32Array,
    rate = FS,
  ): Float32Array => {
    const processor = new EqProcessor(kernels, rate);
    processor.setDesign(processor.design(values, bypassed));
    return processAll(processor, [input])[0]!;
  };

  it.each([44_100, 48_000, 96_000])('all together are the sound itself at %i Hz', (rate) => {
    const input = noise(9000);
    expect(processed(busy, EQ_BAND_IDS, input, rate)).toEqual(input);
    expect(processed(busy, ['eq', 'comp'], input, rate)).toEqual(processed(busy, [], input, rate));
  });

  it.each(EQ_BAND_IDS)('leave the others as they are (%s)', (band) => {
    const impulse = new Float32Array(2 ** 16);
    impulse[0] = 1;
    const transform = realFft(impulse.length);
    const [re, im] = [new Float64Array(transform.bins), new Float64Array(transform.bins)];
    transform.forward(Float64Array.from(processed(busy, [band, 'comp'], impulse)), re, im);
    const bins = Array.from({ length: 200 }, (_, i) => Math.round((16 * 1250 ** (i / 199) * 2 ** 16) / FS));
    const drawn = eqResponseDb(
      busy,
      [band],
      bins.map((bin) => (bin * FS) / 2 ** 16),
      FS,
    );
    bins.forEach((bin, i) => {
      const found = 20 * Math.log10(Math.hypot(re[bin]!, im[bin]!));
      expect(Math.abs(found - drawn[i]!), `bin ${bin}`).toBeLessThan(0.02);
    });
  });

  /** Click level of going from one setting to the other while a tone sounds. */
  function clickOf(
    values: readonly number[],
    [from, to]: readonly [readonly Bypassable[], readonly Bypassable[]],
    toneHz: number,
    isGlide = true,
  ): number {
    const processor = new EqProcessor(kernels, FS);
    processor.setDesign(processor.design(values, from));
    let time = 0;
    const sound = (length: number): Float32Array[] => {
      const tone = Float32Array.from(
        { length },
        (_, n) => 0.25 * Math.sin((2 * Math.PI * toneHz * (time + n)) / FS),
      );
      time += length;
      return processAll(processor, [tone], [128]);
    };
    sound(FS);
    const before = sound(CLICK_WINDOW_SAMPLES / 2);
    const design = processor.design(values, to);
    if (isGlide) processor.glideTo(design);
    else processor.setDesign(design);
    const after = sound(CLICK_WINDOW_SAMPLES / 2);
    return clickLevelDb([Float32Array.of(...before[0]!, ...after[0]!)], toneHz, 900, FS);
  }

  it.each(EQ_BAND_IDS)('go and come without a click (%s)', (band) => {
    const levels = [901, 3001, 6007].flatMap((toneHz) => [
      clickOf(busy, [[], [band]], toneHz),
      clickOf(busy, [[band], []], toneHz),
    ]);
    expect(Math.max(...levels), levels.join()).toBeLessThan(-55);
  });

  it('would click if they were switched', () => {
    const values = defaultsWith(eqParameters, { 'eq.lp.freq': 3000 });
    expect(clickOf(values, [[], ['eq.lp']], 3001, false)).toBeGreaterThan(-50);
  });

  it.each([
    ['a low cut at its highest', 'eq.hp', { 'eq.hp.freq': 5300, 'eq.hp.q': 10 }],
    ['a low cut at its lowest', 'eq.hp', { 'eq.hp.freq': 16 }],
    ['a high cut at its lowest', 'eq.lp', { 'eq.lp.freq': 200, 'eq.lp.q': 10 }],
    ['a narrow boost', 'eq.pk1', { 'eq.pk1.gain': 24, 'eq.pk1.freq': 60, 'eq.pk1.q': 20 }],
  ] as const)('leave nothing behind and come back as they were (%s)', (_, band, setting) => {
    const values = defaultsWith(eqParameters, { 'eq.hp.freq': 30, ...setting });
    const tone = Float32Array.from(
      { length: FS },
      (_, n) => 0.25 * Math.sin((2 * Math.PI * 200 * n) / FS + 1),
    );
    const [alone, open] = [new EqProcessor(kernels, FS), new EqProcessor(kernels, FS)];
    for (const processor of [alone, open]) processor.set(values);
    for (const bypassed of [[], [band], []]) {
      open.glideTo(open.design(values, bypassed));
      const found = processAll(open, [tone])[0]!;
      const always = new EqProcessor(kernels, FS);
      always.setDesign(always.design(values, bypassed));
      processAll(always, [tone]);
      const expected = processAll(always, [tone])[0]!;
      for (let n = FS * 0.9; n < FS; n++) expect(Math.abs(found[n]! - expected[n]!)).toBeLessThan(0.002);
      // Nor is there a bump on the way that neither setting would make.
      const peak = (x: Float32Array): number => x.reduce((most, y) => Math.max(most, Math.abs(y)), 0);
      const loudest = Math.max(0.25, peak(expected), peak(processAll(alone, [tone])[0]!));
      expect(peak(found)).toBeLessThan(1.5 * loudest);
    }
  });
});
