import { describe, expect, it } from 'vitest';
import { formatDuration } from './duration.ts';

describe('formatDuration', () => {
  it('has tenths below ten seconds, then seconds, then minutes', () => {
    expect([0.84, 9.94, 9.96, 59.4, 59.6, 185].map(formatDuration)).toEqual([
      '0.8 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 0 s',
      '3 min 5 s',
    ]);
  });
});
