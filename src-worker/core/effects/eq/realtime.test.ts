import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import {
  defaultsWith,
  effectContract,
  noise,
  processAll,
  signalToErrorDb,
} from '../../../test-support/effect-contract.ts';
import { designBiquad, filterBiquad } from '../../signal/biquad.ts';
import { eqParameters } from './params.ts';
import { EqProcessor } from './realtime.ts';
import { equalise } from './training.ts';

const FS = 44_100;
const busy = [6, 300, 3, -9, 5000, 0.4, 4, 60, -7, 3000, 14_000, 1.5, 16, 5];

effectContract({
  name: 'eq',
  parameters: eqParameters,
  create: (kernels) => new EqProcessor(kernels, FS),
  decaying: { values: defaultsWith(eqParameters), decaySeconds: 2 },
  settings: [busy, defaultsWith(eqParameters)],
});

describe('equaliser as a stream', () => {
  let processor: EqProcessor;
  beforeAll(async () => {
    processor = new EqProcessor(openStreamKernels(await loadKernelModule()), FS);
  });
  const input = noise(20_000);

  it('equals the training form', () => {
    processor.set(busy);
    processor.reset();
    expect(signalToErrorDb(processAll(processor, [input]), [equalise(busy, input)])).toBeGreaterThan(145);
  });

  it('has nulls for bands at 0 dB: only low and high pass remain', () => {
    const values = defaultsWith(eqParameters);
    processor.set(values);
    processor.reset();
    const lowPassed = new Float64Array(input.length);
    const expected = new Float64Array(input.length);
    const lowPass = { gainDb: 0, freqHz: values[10]!, q: values[11]! };
    const highPass = { gainDb: 0, freqHz: values[12]!, q: values[13]! };
    filterBiquad(designBiquad('lowPass', lowPass, FS), input, lowPassed);
    filterBiquad(designBiquad('highPass', highPass, FS), lowPassed, expected);
    expect(signalToErrorDb(processAll(processor, [input]), [expected])).toBeGreaterThan(120);
  });
});
