import { expect, it } from 'vitest';
import { timeText } from './time-text.ts';

it.each([
  [0, 3, '0:00.000'],
  [83.4564, 3, '1:23.456'],
  [59.9996, 3, '1:00.000'],
  [3600, 0, '1:00:00'],
  [3723.5, 1, '1:02:03.5'],
  [-1.25, 2, '−0:01.25'],
  [-0.0001, 1, '0:00.0'],
])('%f s with %i decimals reads %s', (seconds, decimals, text) => {
  expect(timeText(seconds, decimals)).toBe(text);
});
