import { describe, expect, it } from 'vitest';
import { match, ranked } from './match.ts';

const best = (query: string, texts: readonly string[], used: readonly string[] = []): string[] =>
  ranked(query, texts, (text) => ({
    text,
    usedRank: used.includes(text) ? used.indexOf(text) : Infinity,
  })).map(({ entry }) => entry);

const NAMES = [
  'EQ: Peak 1 gain',
  'EQ: Peak 1 frequency',
  'EQ: Peak 2 gain',
  'Dynamics: Make-up gain',
  'Dynamics: Release',
  'Play or pause',
  'Reset the effect',
  'Show Reverb',
  'Look: light',
];

describe('what was typed', () => {
  it('finds by words in any order', () => {
    expect(best('gain peak 1', NAMES)[0]).toBe('EQ: Peak 1 gain');
    expect(best('peak gain', NAMES)).toEqual(['EQ: Peak 1 gain', 'EQ: Peak 2 gain']);
  });

  it('finds by first letters', () => {
    expect(best('p1g', NAMES)).toEqual(['EQ: Peak 1 gain']);
    expect(best('mug', NAMES)).toEqual(['Dynamics: Make-up gain']);
  });

  it('puts the start of a word before its middle', () => {
    expect(best('re', NAMES)[0]).toBe('Reset the effect');
    expect(best('rel', NAMES)[0]).toBe('Dynamics: Release');
    expect(best('rev', NAMES)).toEqual(['Show Reverb']);
  });

  it('finds nothing where a word is missing', () => {
    expect(match('gain chorus', 'EQ: Peak 1 gain')).toBeNull();
    expect(best('zzz', NAMES)).toEqual([]);
  });

  it('does not mind case, accents and spaces', () => {
    expect(match('  PEÁK ', 'EQ: Peak 1 gain')).not.toBeNull();
  });

  it('says which characters were found', () => {
    expect(match('peak', 'EQ: Peak 1 gain')!.places).toEqual([4, 5, 6, 7]);
    expect(match('p1', 'EQ: Peak 1 gain')!.places).toEqual([4, 9]);
  });

  it('puts what was used last first where nothing else decides', () => {
    expect(best('', NAMES, ['Show Reverb', 'Play or pause']).slice(0, 3)).toEqual([
      'Show Reverb',
      'Play or pause',
      'EQ: Peak 1 gain',
    ]);
    expect(best('peak gain', NAMES, ['EQ: Peak 2 gain'])[0]).toBe('EQ: Peak 2 gain');
  });
});
