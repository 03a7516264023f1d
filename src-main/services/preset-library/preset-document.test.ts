import { expect, test } from 'vitest';
import { neutralRaw } from '#core/chain/parameters.ts';
import { formatPreset, presetDocument } from '#core/preset/preset.ts';
import {
  changedDocument,
  formatPresetDocument,
  parsePresetDocument,
  readPresetText,
} from './preset-document.ts';

const preset = {
  name: 'Warm “A”',
  raw: neutralRaw()
    .with(3, -0)
    .with(4, 1 / 3),
  fit: {
    ...{ loss: 1, initialLoss: 3, steps: 20, evaluations: 40, elapsedSeconds: 9, stopped: 'converged' },
    ...{ seed: 1, dry: 'dry.wav', wet: 'wet.wav', date: '2025-01-01T00:00:00Z' },
    terms: { mss_lr: 1, mss_ms: 1, mldr_lr: 1, mldr_ms: 1 },
  },
};

test('a file is laid out as every other preset, to the letter', () => {
  const text = formatPreset(preset);
  expect(formatPresetDocument(parsePresetDocument(text, 'x'))).toBe(text);
  expect(formatPresetDocument(presetDocument(preset))).toBe(text);
});

test('a setting that was fitted says to what, unless something else is noted', () => {
  const text = formatPreset(preset);
  expect(readPresetText(text, 'a.json', 0).entry).toEqual({
    ...{ id: 'a.json', name: 'Warm “A”', tags: [], isFavourite: false, rating: 0, notes: '' },
    origin: { kind: 'fitted', text: 'wet.wav' },
    changedAt: '1970-01-01T00:00:00.000Z',
  });
  const origin = { kind: 'imported', text: 'b.json' } as const;
  const changed = formatPresetDocument(changedDocument(parsePresetDocument(text, 'x'), { origin }));
  const { entry, raw } = readPresetText(changed, 'a.json', 0);
  expect(entry.origin).toEqual(origin);
  expect(raw).toEqual(preset.raw);
});

test.each([
  ['a list', []],
  ['text', 'favourite'],
  ['wrong fields', { tags: 'x', isFavourite: 1, rating: -2, notes: null, origin: { kind: 'stolen' } }],
])('notes that make no sense (%s) do not cost the setting', (_, library) => {
  const text = formatPresetDocument({ ...presetDocument({ raw: preset.raw }), name: ' ', library });
  const { entry, raw } = readPresetText(text, 'a.json', 0);
  expect(entry).toMatchObject({ name: 'a', tags: [], isFavourite: false, rating: 0, notes: '' });
  expect(entry.origin).toEqual({ kind: 'saved', text: '' });
  expect(raw).toEqual(preset.raw);
});
