import { describe, expect, it } from 'vitest';
import type { PresetEntry } from '#core/protocol/preset-library.ts';
import { byName, findPresets, haystackOf, inOrder, NO_FILTER } from './preset-search.ts';

function entry(name: string, more: Partial<PresetEntry> = {}): PresetEntry {
  return {
    id: `${name}.json`,
    name,
    tags: [],
    isFavourite: false,
    rating: 0,
    notes: '',
    origin: { kind: 'saved', text: '' },
    changedAt: '2026-01-01T00:00:00.000Z',
    ...more,
  };
}

const names = (entries: readonly PresetEntry[]): string[] => entries.map(({ name }) => name);

const LIBRARY = [
  entry('Breathy lead', { tags: ['Pop', 'female'], rating: 4, isFavourite: true }),
  entry('Café-Vox 2', { notes: 'long dark tail for the bridge', rating: 2 }),
  entry('Café-Vox 10', { origin: { kind: 'fitted', text: 'Liz – master.wav' }, rating: 5 }),
  entry('Room', { origin: { kind: 'sampled', text: 'Internal' }, tags: ['dark'] }),
];

describe('search', () => {
  it('looks at names, tags, notes and origins', () => {
    expect(names(findPresets(LIBRARY, 'breathy'))).toEqual(['Breathy lead']);
    expect(names(findPresets(LIBRARY, 'female'))).toEqual(['Breathy lead']);
    expect(names(findPresets(LIBRARY, 'dark'))).toEqual(['Café-Vox 2', 'Room']);
    expect(names(findPresets(LIBRARY, 'liz fitted'))).toEqual(['Café-Vox 10']);
  });

  it('wants every word, in any order, by its beginning', () => {
    expect(names(findPresets(LIBRARY, 'tai dark'))).toEqual(['Café-Vox 2']);
    expect(findPresets(LIBRARY, 'dark lead')).toEqual([]);
    expect(findPresets(LIBRARY, 'ark')).toEqual([]);
    expect(findPresets(LIBRARY, '  ')).toHaveLength(4);
  });

  it('is not put off by case, accents and punctuation', () => {
    expect(names(findPresets(LIBRARY, 'CAFE vox'))).toEqual(['Café-Vox 2', 'Café-Vox 10']);
    expect(names(findPresets(LIBRARY, 'café-vox 10'))).toEqual(['Café-Vox 10']);
  });

  it('goes with every filter', () => {
    const find = (more: object, query = '') => names(findPresets(LIBRARY, query, { ...NO_FILTER, ...more }));
    expect(find({ isFavourite: true })).toEqual(['Breathy lead']);
    expect(find({ minRating: 4 })).toEqual(['Breathy lead', 'Café-Vox 10']);
    expect(find({ tag: 'pop' })).toEqual(['Breathy lead']);
    expect(find({ origin: 'sampled' })).toEqual(['Room']);
    expect(find({ minRating: 4 }, 'cafe')).toEqual(['Café-Vox 10']);
  });

  it('takes less than 50 ms over 10,000 presets', () => {
    const WORDS = ['lead', 'double', 'airy', 'dark', 'room', 'plate', 'slap', 'wide', 'café', 'intimate'];
    const library = Array.from({ length: 10_000 }, (_, i) =>
      entry(`${WORDS[i % 10]!} ${WORDS[(i * 7) % 10]!} ${i}`, {
        tags: [WORDS[(i * 3) % 10]!, `project ${i % 40}`],
        notes: `Take ${i}: ${WORDS.join(' ')}. `.repeat(3),
        rating: i % 6,
        origin: { kind: 'imported', text: `set-${i % 12}.npy` },
      }),
    );
    for (const preset of library) haystackOf(preset);
    for (const query of ['', 'l', 'lead airy 99', 'project take 1234', 'nothing like it']) {
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        findPresets(library, query, { ...NO_FILTER, minRating: 1 });
        return performance.now() - start;
      });
      expect(Math.min(...times), query).toBeLessThan(50);
    }
    expect(findPresets(library, 'project 1234').length).toBe(1);
  });
});

describe('order', () => {
  it('counts numbers in names', () => {
    expect(names([...LIBRARY].reverse().sort(byName))).toEqual(names(LIBRARY));
  });

  it('puts the newest or the best first, and equals by name', () => {
    expect(names(inOrder(LIBRARY, 'rating'))).toEqual(['Café-Vox 10', 'Breathy lead', 'Café-Vox 2', 'Room']);
    const dated = [
      entry('a', { changedAt: '2026-01-01T10:00:00Z' }),
      entry('b', { changedAt: '2026-03-01T10:00:00Z' }),
      entry('c', { changedAt: '2026-03-01T10:00:00Z' }),
    ];
    expect(names(inOrder(dated, 'date'))).toEqual(['b', 'c', 'a']);
  });
});
