import { describe, expect, it } from 'vitest';
import { nearestNote } from './note-values.ts';

describe('a time as a note', () => {
  it.each([
    [500, 120, '1/4'],
    [375, 120, '1/8 dotted'],
    [1000 / 3, 120, '1/4 triplet'],
    [600, 100, '1/4'],
    [2000, 120, '1/1'],
    [62.5, 120, '1/32'],
  ])('%d ms at %d BPM is %s', (timeMs, tempoBpm, name) => {
    const note = nearestNote(timeMs, tempoBpm);
    expect(note.name).toBe(name);
    expect(note.deviationPercent).toBeCloseTo(0, 9);
  });

  it('says how far off it is', () => {
    expect(nearestNote(505, 120)).toEqual({ name: '1/4', deviationPercent: expect.closeTo(1, 9) });
    expect(nearestNote(495, 120)).toEqual({ name: '1/4', deviationPercent: expect.closeTo(-1, 9) });
  });
});
