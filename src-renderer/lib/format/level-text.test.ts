import { expect, it } from 'vitest';
import { levelText } from './level-text.ts';

it.each([
  [-18.34, 'LUFS', '−18.3 LUFS'],
  [-Infinity, 'dB', '−∞ dB'],
  [null, 'LUFS', '– LUFS'],
  [0.02, 'dBTP', '0.0 dBTP'],
  [-6, '', '−6.0'],
] as const)('%s %s reads %s', (level, unit, text) => {
  expect(levelText(level, unit)).toBe(text);
});
