import { describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import type { PresetEntry } from '#core/protocol/preset-library.ts';
import { NO_RAWS, rawsOfEntries, renamedRaws, separateRaws, staleEntries, withRaws } from './presets-raws.ts';

const entry = (id: string, changedAt = '2026-01-01T00:00:00.000Z'): PresetEntry => ({
  id,
  name: id,
  tags: [],
  isFavourite: false,
  rating: 0,
  notes: '',
  origin: { kind: 'saved', text: '' },
  changedAt,
});
const length = CHAIN_PARAMETERS.length;
const values = Float32Array.from({ length: 2 * length }, (_, i) => i);

describe('known settings', () => {
  it('are given to their presets in turn', () => {
    const raws = withRaws(NO_RAWS, separateRaws(['a', 'b'], values));
    expect(raws.get('a')).toHaveLength(length);
    expect(raws.get('b')![0]).toBe(length);
    expect(NO_RAWS.size).toBe(0);
  });

  it('are asked for where a preset is new or was changed', () => {
    const raws = withRaws(NO_RAWS, separateRaws(['a', 'b'], values));
    const before = [entry('a'), entry('b')];
    const after = [entry('a'), entry('b', '2026-02-01T00:00:00.000Z'), entry('c')];
    expect(staleEntries(after, before, raws).map(({ id }) => id)).toEqual(['b', 'c']);
    expect(staleEntries(before, before, raws)).toEqual([]);
  });

  it('go with their presets', () => {
    const raws = withRaws(NO_RAWS, separateRaws(['a', 'b'], values));
    expect([...rawsOfEntries(raws, [entry('b')]).keys()]).toEqual(['b']);
    expect(rawsOfEntries(raws, [entry('a'), entry('b'), entry('c')])).toBe(raws);
  });

  it('keep to a preset that gets another name', () => {
    const raws = withRaws(NO_RAWS, separateRaws(['a', 'b'], values));
    const now = renamedRaws(raws, new Map([['a', 'c']]));
    expect([...now.keys()].sort()).toEqual(['b', 'c']);
    expect(now.get('c')).toBe(raws.get('a'));
    expect(renamedRaws(raws, new Map())).toBe(raws);
  });
});
