import { describe, expect, it } from 'vitest';
import { noteName } from './note-name.ts';

describe('the name of a frequency as a note', () => {
  it.each([
    [440, 'A4'],
    [261.6256, 'C4'],
    [277.18, 'C♯4'],
    [20, 'D♯0 +49'],
    [450, 'A4 +39'],
    [430, 'A4 −40'],
  ])('%f Hz is %s', (hz, name) => {
    expect(noteName(hz)).toBe(name);
  });
});
