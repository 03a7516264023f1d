import { describe, expect, it } from 'vitest';
import { closestMatches, didYouMean } from './closest.ts';

describe('close matches', () => {
  const known = ['eq', 'comp', 'delay', 'delay.time', 'fdn', 'pan'];
  it('finds slips of the keyboard', () => {
    expect(closestMatches('dleay', known)).toContain('delay');
    expect(closestMatches('delay.tiem', known)[0]).toBe('delay.time');
    expect(closestMatches('COMP', known)).toEqual(['comp']);
    expect(closestMatches('xylophone', known)).toEqual([]);
  });
  it('makes a question', () => {
    expect(didYouMean('copm', known)).toBe(' Did you mean comp?');
    expect(didYouMean('zzzzzz', known)).toBe('');
  });
});
