import { describe, expect, it } from 'vitest';
import { effectContract } from '../../../test-support/effect-contract.ts';
import { panParameters } from './params.ts';
import { PanProcessor, streamPanGains } from './realtime.ts';

effectContract({
  name: 'pan',
  parameters: panParameters,
  create: (kernels) => new PanProcessor(kernels, 44_100),
  neutral: { values: [0.5], output: 'dry' },
  decaying: { values: [0.2], decaySeconds: 0 },
  settings: [[0.3], [1]],
});

describe('pan law', () => {
  it('keeps the power and leaves nothing on the far side', () => {
    for (const position of [0, 0.25, 0.5, 0.9, 1]) {
      const [left, right] = streamPanGains(position);
      expect(left ** 2 + right ** 2).toBeCloseTo(2, 12);
    }
    expect(streamPanGains(1)[0]).toBe(0);
    expect(streamPanGains(0)[1]).toBe(0);
  });
});
