import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { readNpz } from '../../test-support/npz.ts';
import { compressorValues } from '../effects/comp/training.ts';
import { delayImpulseResponse, delaySamples, delayValues } from '../effects/delay/training.ts';
import { fdnImpulseResponses, fdnValues } from '../effects/fdn/training.ts';
import { orthogonalFromRaw } from '../signal/orthogonal.ts';
import { chainValues, trainingStages } from './training.ts';

/** Goldens are float32 of a float64 run: 6e-8 of the peak at best. */
const TOLERANCE = 1e-6;
const FS = 44_100;

describeWithShared('the published system’s training form', () => {
  const inputs = readNpz(sharedPath('diffvox-golden/inputs.npz'));
  const presets = readdirSync(sharedPath('diffvox-golden')).filter((name) =>
    /^(i\d|m\d|imean).*\.npz$/.test(name),
  );

  /** Channels against rows of a golden array that begin at `start`; returns the difference as a part of the peak. */
  function difference(golden: Float64Array, channels: readonly Float64Array[], start: number): number {
    const length = golden.length / channels.length;
    let worst = 0;
    let peak = 0;
    channels.forEach((channel, c) => {
      expect(channel.length).toBeGreaterThanOrEqual(start + length);
      for (let n = 0; n < length; n++) {
        worst = Math.max(worst, Math.abs(channel[start + n]! - golden[c * length + n]!));
        peak = Math.max(peak, Math.abs(golden[c * length + n]!));
      }
    });
    return worst / peak;
  }

  it('has goldens', () => expect(presets.length).toBeGreaterThanOrEqual(10));

  it.each(presets)('%s', (name) => {
    const golden = readNpz(sharedPath(`diffvox-golden/${name}`));
    const raw = golden.numbers('raw');
    const found: Record<string, number> = {};
    const compare = (array: string, channels: readonly Float64Array[], startSeconds = 0): void => {
      found[array] = difference(golden.numbers(array), channels, startSeconds * FS);
    };
    const stages = trainingStages(inputs.numbers('clip'), raw);
    compare('fx_eq', [stages.eq], 4);
    compare('fx_comp', [stages.comp]);
    compare('fx_delay', stages.delay, 5);
    compare('fx_fdn', stages.fdn, 5);
    compare('fx_final', stages.final);
    compare('sweep_fx_final', trainingStages(inputs.numbers('sweep'), raw).final);

    const values = chainValues(raw);
    if (golden.has('ir_fx_final')) {
      compare('ir_fx_delay', delayImpulseResponse(delayValues(values.delay)));
      const [left, right] = fdnImpulseResponses(fdnValues(values.fdn));
      const sum = (row: readonly Float64Array[]): Float64Array => row[0]!.map((v, n) => v + row[1]![n]!);
      compare('ir_fx_fdn_mono', [sum(left!), sum(right!)]);
      compare('ir_fx_fdn_2x2', [left![0]!, right![0]!, left![1]!, right![1]!]);
      const impulse = new Float64Array(3 * FS);
      impulse[0] = 1;
      compare('ir_fx_final', trainingStages(impulse, raw).final);
    }
    for (const [array, error] of Object.entries(found)) expect(error, array).toBeLessThan(TOLERANCE);
  });

  it.each(presets)('%s has the same DSP values', (name) => {
    const golden = readNpz(sharedPath(`diffvox-golden/${name}`));
    const { comp, delay, fdn, eq } = chainValues(golden.numbers('raw'));
    const near = (got: number, array: string): void => {
      const expected = golden.numbers(array)[0]!;
      expect(Math.abs(got - expected), array).toBeLessThan(1e-9 * (1e-3 + Math.abs(expected)));
    };
    near(eq[1]!, 'p_peak1_freq_hz');
    const compressor = compressorValues(comp);
    near(compressor.attack, 'p_attack_coef');
    near(compressor.release, 'p_release_coef');
    near(compressor.averaging, 'p_rms_avg_coef');
    near(compressor.lookaheadMs, 'p_lookahead_ms');
    near(delaySamples(delay[0]!), 'p_delay_samples');
    const reverb = fdnValues(fdn);
    const mixing = golden.numbers('p_fdn_U');
    orthogonalFromRaw(reverb.mixingRaw).forEach((v, i) => expect(v).toBeCloseTo(mixing[i]!, 13));
    const gamma = golden.numbers('p_fdn_gamma');
    reverb.gamma.forEach((v, i) => expect(v).toBeCloseTo(gamma[i]!, 13));
  });
});
