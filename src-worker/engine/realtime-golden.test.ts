/**
 * The real-time form against the published system's training form. Numbers measured when this was written, in dB, are
 * 123 or more for the compressor, 56-103 for the delay, 58-72 for the reverb and 64-108 for the final mix, except
 * m016_FamilyBand: its delay loop gains 2.7 dB a repeat, so the training form grows until it stops after 8 repeats
 * while ours decays (delay 6, reverb 30, final 46).
 */
import { beforeAll, expect, it } from 'vitest';
import { FdnProcessor } from '#core/effects/fdn/realtime.ts';
import { fdnParameters } from '#core/effects/fdn/params.ts';
import { DelayProcessor, MAX_LOOP_GAIN, lowPassPeak } from '#core/effects/delay/realtime.ts';
import { delayParameters } from '#core/effects/delay/params.ts';
import { parametersUnder } from '#core/chain/parameters.ts';
import { processAll, signalToErrorDb, valuesOf } from '../test-support/effect-contract.ts';
import { readNpz } from '../test-support/npz.ts';
import { describeWithShared, sharedPath } from '../test-support/shared-data.ts';
import { loadKernelModule } from './kernel-module.ts';
import { openStreamKernels, type RealtimeStage } from './realtime-chain.ts';
import { renderRealtime } from './render.ts';

const FS = 44_100;
const PRESETS = [
  'i119_lookahead',
  'i146_delaygain',
  'i262_reverb',
  'i279_hphigh',
  'i305_expander',
  'i313_comp',
  'i338_lplow',
  'imean',
  'm016_FamilyBand',
  'm043_Country1',
];
const golden = (name: string) => readNpz(sharedPath(`diffvox-golden/${name}.npz`));
const channelsOf = (numbers: Float64Array, count: number): Float64Array[] =>
  Array.from({ length: count }, (_, c) =>
    numbers.subarray((c * numbers.length) / count, ((c + 1) * numbers.length) / count),
  );

describeWithShared('real-time form against the training form', () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await loadKernelModule();
  });

  it.each(PRESETS)('%s on a vocal and a sweep', (name) => {
    const data = golden(name);
    const raw = data.numbers('raw');
    const inputs = golden('inputs');
    const render = (input: string, stage: RealtimeStage) =>
      renderRealtime(module, Float32Array.from(inputs.numbers(input)), raw, { sampleRateHz: FS, stage });
    const against = (rendered: Float32Array[], array: string, startSeconds: number): number => {
      const reference = channelsOf(data.numbers(array), rendered.length);
      const start = startSeconds * FS;
      return signalToErrorDb(
        rendered.map((channel) => channel.subarray(start, start + reference[0]!.length)),
        reference,
      );
    };
    const loopGain = data.numbers('p_delay_feedback')[0]! * lowPassPeak(data.numbers('p_delay_lp_Q')[0]!);
    const wellDefined = loopGain < MAX_LOOP_GAIN;
    expect(against(render('clip', 'eq'), 'fx_eq', 4)).toBeGreaterThan(140);
    expect(against(render('clip', 'comp'), 'fx_comp', 0)).toBeGreaterThan(118);
    expect(against(render('clip', 'final'), 'fx_final', 0)).toBeGreaterThan(wellDefined ? 60 : 40);
    expect(against(render('sweep', 'final'), 'sweep_fx_final', 0)).toBeGreaterThan(wellDefined ? 60 : 50);
    if (!wellDefined) return;
    expect(against(render('clip', 'delay'), 'fx_delay', 5)).toBeGreaterThan(55);
    expect(against(render('clip', 'fdn'), 'fx_fdn', 5)).toBeGreaterThan(55);
  });

  it.each([
    ['imean', 65],
    ['i146_delaygain', 50],
    ['m016_FamilyBand', 48],
    ['i262_reverb', 28],
  ])('%s: impulse responses of the reverb, first 2 s', (name, leastDb) => {
    const data = golden(name);
    const values = valuesOf(
      fdnParameters,
      parametersUnder('fdn').map((index) => data.numbers('raw')[index]!),
    );
    const processor = new FdnProcessor(openStreamKernels(module), FS);
    processor.set(values);
    const impulse = new Float32Array(2 * FS);
    impulse[0] = 1;
    const reference = channelsOf(data.numbers('ir_fx_fdn_mono'), 2).map((ir) => ir.subarray(0, 2 * FS));
    expect(signalToErrorDb(processAll(processor, [impulse, impulse]), reference)).toBeGreaterThan(leastDb);
  });

  it.each([
    ['imean', 80],
    ['i146_delaygain', 55],
    ['i262_reverb', 80],
  ])('%s: impulse response of the delay', (name, leastDb) => {
    const data = golden(name);
    const indices = parametersUnder('delay').slice(1);
    const values = valuesOf(
      delayParameters,
      indices.map((index) => data.numbers('raw')[index]!),
    );
    const processor = new DelayProcessor(openStreamKernels(module), FS);
    processor.set(values);
    const reference = channelsOf(data.numbers('ir_fx_delay'), 2);
    const impulse = new Float32Array(reference[0]!.length);
    impulse[0] = 1;
    expect(signalToErrorDb(processAll(processor, [impulse]), reference)).toBeGreaterThan(leastDb);
  });
});
