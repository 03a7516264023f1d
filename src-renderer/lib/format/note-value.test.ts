import { CHAIN_PARAMETERS, parameterIndex } from '#core/chain/parameters.ts';
import { parseValue } from '#core/format/value-text.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NOTE_VALUES,
  beatGrid,
  fits,
  isExact,
  nearestNote,
  nearestText,
  neighbourNote,
  noteMs,
  timeAtTempo,
} from './note-value.ts';

const range = { minMs: 100, maxMs: 1000 };
const note = (name: string) => NOTE_VALUES.find((value) => value.name === name)!;
const tempo = fc.double({ min: 30, max: 300, noNaN: true });

describe('note values', () => {
  it.each([
    ['1/4', 120, 500],
    ['1/8 dotted', 120, 375],
    ['1/8 triplet', 120, 500 / 3],
    ['1/1', 240, 1000],
    ['1/16', 90, 1000 / 6],
    ['1/32 triplet', 30, 500 / 3],
  ])('%s at %i BPM', (name, bpm, ms) => {
    expect(noteMs(note(name), bpm)).toBeCloseTo(ms, 9);
  });

  it('are named as the time field reads them', () => {
    const time = CHAIN_PARAMETERS[parameterIndex('delay.time')]!;
    expect(NOTE_VALUES).toHaveLength(18);
    for (const value of NOTE_VALUES)
      expect(parseValue(time, value.name, { tempoBpm: 97 }), value.name).toBeCloseTo(noteMs(value, 97), 9);
  });

  it('fit in the delay or not', () => {
    expect(fits(note('1/2'), 120, range)).toBe(true);
    expect(fits(note('1/2 dotted'), 120, range)).toBe(false);
    expect(fits(note('1/32'), 120, range)).toBe(false);
  });
});

describe('the nearest note', () => {
  it('is the one that a time was made from', () => {
    fc.assert(
      fc.property(tempo, fc.constantFrom(...NOTE_VALUES), (bpm, value) => {
        fc.pre(fits(value, bpm, range));
        const nearest = nearestNote(noteMs(value, bpm), bpm, range);
        expect(nearest.note).toBe(value);
        expect(isExact(nearest)).toBe(true);
      }),
    );
  });

  it('says how far off it is', () => {
    expect(nearestText(nearestNote(378.2, 120, range))).toBe('1/8 dotted +3.2 ms');
    expect(nearestText(nearestNote(490, 120, range))).toBe('1/4 −10.0 ms');
    expect(nearestText(nearestNote(500.04, 120, range))).toBe('1/4');
    expect(nearestText(nearestNote(999, 65, range))).toBe('1/4 +75.9 ms');
  });

  it('refuses a range without notes', () => {
    expect(() => nearestNote(400, 120, { minMs: 501, maxMs: 502 })).toThrow(/501 to 502 ms/);
  });

  it('has neighbours up to the end of the range', () => {
    const step = (ms: number, by: 1 | -1): string => neighbourNote(ms, by, 120, range).name;
    expect(step(500, 1)).toBe('1/2 triplet');
    expect(step(500, -1)).toBe('1/8 dotted');
    expect(step(499, 1)).toBe('1/4');
    expect(step(1000, 1)).toBe('1/2');
    expect(step(101, -1)).toBe('1/16');
  });
});

describe('a time at another tempo', () => {
  it('keeps its notes', () => {
    expect(timeAtTempo(375, 120, 100, range)).toBeCloseTo(450, 9);
    expect(timeAtTempo(400, 150, 120, range)).toBeCloseTo(500, 9);
  });

  it('is halved or doubled where that does not fit, and always fits', () => {
    expect(timeAtTempo(1000, 120, 100, range)).toBeCloseTo(600, 9);
    expect(timeAtTempo(125, 120, 300, range)).toBeCloseTo(100, 9);
    fc.assert(
      fc.property(fc.double({ min: 100, max: 1000, noNaN: true }), tempo, tempo, (ms, from, to) => {
        const kept = timeAtTempo(ms, from, to, range);
        expect(kept).toBeGreaterThanOrEqual(100 * (1 - 1e-9));
        expect(kept).toBeLessThanOrEqual(1000 * (1 + 1e-9));
        expect(Math.log2(kept / ((ms * from) / to)) % 1).toBeCloseTo(0, 9);
      }),
    );
  });
});

describe('the beat grid', () => {
  it('has a line at every beat that there is room for', () => {
    expect(beatGrid(120, 2, 0.3).map((line) => line.seconds)).toEqual([0.5, 1, 1.5, 2]);
    expect(beatGrid(120, 1, 0.1).map((line) => line.beat)).toEqual([0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]);
    expect(beatGrid(240, 4, 0.4).map((line) => line.beat)).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
  });
});
