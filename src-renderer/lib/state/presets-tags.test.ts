import { describe, expect, it } from 'vitest';
import { presetEntrySchema } from '#core/protocol/preset-library.ts';
import { countTags, parseTags, tagsText, withoutTag, withTags } from './presets-tags.ts';

const entry = (id: string, tags: string[]) =>
  presetEntrySchema.parse({
    id,
    name: id,
    tags,
    isFavourite: false,
    rating: 0,
    notes: '',
    origin: { kind: 'saved', text: '' },
    changedAt: '2026-01-01T00:00:00Z',
  });

describe('tags', () => {
  it('are what stands between commas, each once', () => {
    expect(parseTags(' lead,  Dark   pop ;#airy,LEAD,, ')).toEqual(['lead', 'Dark pop', 'airy']);
    expect(parseTags('')).toEqual([]);
  });

  it('always fit what a preset may hold', () => {
    const typed = Array.from({ length: 60 }, (_, i) => `${'🎤'.repeat(80)}${i}, tag ${i}`).join(',');
    expect(presetEntrySchema.shape.tags.safeParse(parseTags(typed)).success).toBe(true);
    expect(parseTags('a'.repeat(100))[0]!.length).toBeGreaterThanOrEqual(30);
  });

  it('read back as they were written', () => {
    const tags = ['lead', 'Dark pop'];
    expect(parseTags(tagsText(tags))).toEqual(tags);
  });

  it('are counted over a library, whatever their case', () => {
    expect(countTags([entry('a', ['Lead', 'dark']), entry('b', ['lead']), entry('c', [])])).toEqual([
      { tag: 'Lead', count: 2 },
      { tag: 'dark', count: 1 },
    ]);
  });

  it('are added once and taken away in any case of their letters', () => {
    expect(withTags(['lead', 'Warm'], ['warm', 'late night'])).toEqual(['lead', 'Warm', 'late night']);
    const others = ['#1', 'late; slow', 'a, b', 'x'.repeat(60)];
    expect(withTags(others, ['warm'])).toEqual([...others, 'warm']);
    const many = Array.from({ length: 39 }, (_, i) => `tag ${i}`);
    expect(withTags(many, ['one', 'two'])).toEqual([...many, 'one']);
    expect(withoutTag(['lead', 'Warm'], 'WARM')).toEqual(['lead']);
    expect(withoutTag(['lead'], 'le')).toEqual(['lead']);
  });
});
