import { describe, expect, it } from 'vitest';
import type { PresetEntry } from '#core/protocol/preset-library.ts';
import { idsOf, inOrderOf, namesOf, renamesOf, withReplaced } from './preset-entries.ts';

const entry = (id: string, rating = 0): PresetEntry => ({
  id,
  name: id.toUpperCase(),
  tags: [],
  isFavourite: false,
  rating,
  notes: '',
  origin: { kind: 'saved', text: '' },
  changedAt: '2026-01-01T00:00:00.000Z',
});
const entries = ['a', 'b', 'c'].map((id) => entry(id));

describe('entries', () => {
  it('are known by their ids', () => {
    expect([...idsOf(entries)]).toEqual(['a', 'b', 'c']);
    expect(namesOf(entries).get('b')).toBe('B');
    expect(inOrderOf(entries, ['c', 'x', 'a'])).toEqual(['a', 'c']);
  });

  it('are replaced, also by ones with another id, and added', () => {
    const replacements = [
      { before: 'a', entry: entry('a', 3) },
      { before: 'b', entry: entry('z') },
      { before: 'n', entry: entry('n') },
    ];
    const now = withReplaced(entries, replacements);
    expect(now.map(({ id }) => id).sort()).toEqual(['a', 'c', 'n', 'z']);
    expect(now.find(({ id }) => id === 'a')!.rating).toBe(3);
    expect([...renamesOf(replacements)]).toEqual([['b', 'z']]);
    expect(entries).toHaveLength(3);
  });
});
