import { neutralRaw } from '#core/chain/parameters.ts';
import { describe, expect, it } from 'vitest';
import { impulseSeconds, impulseTicks } from './impulse-window.ts';
import { withReverbDecay } from './macros.ts';

const windowOf = (decaySeconds: number): number =>
  impulseSeconds(withReverbDecay(neutralRaw(), decaySeconds));

describe('the stretch of an impulse response that is drawn', () => {
  it('holds the whole decay, in few different lengths', () => {
    expect(windowOf(0.1)).toBe(0.25);
    expect(windowOf(1.5)).toBe(2);
    expect(windowOf(1.9)).toBe(2);
    expect(windowOf(8.9)).toBe(12);
  });

  it('has its quarters marked in the unit that reads best', () => {
    expect(impulseTicks(0.25).map(({ label }) => label)).toEqual(['62.5 ms', '125 ms', '187.5 ms']);
    expect(impulseTicks(2).map(({ label }) => label)).toEqual(['0.5 s', '1 s', '1.5 s']);
  });
});
