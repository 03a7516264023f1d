import { describe, expect, it } from 'vitest';
import { METER_FIELDS, MeterField } from '#core/protocol/audio-frames.ts';
import { HISTORY_SECONDS, LevelHistory, LoudnessField } from './level-history.ts';

interface Levels {
  truePeakDb?: number;
  shortTermLufs?: number;
}

function frame({ truePeakDb = -6, shortTermLufs = -20 }: Levels, isPlaying = true): Float32Array {
  const fields = new Float32Array(METER_FIELDS);
  fields[MeterField.isPlaying] = isPlaying ? 1 : 0;
  fields[MeterField.truePeakDb] = truePeakDb;
  fields[MeterField.shortTermLufs] = shortTermLufs;
  fields[MeterField.momentaryLufs] = shortTermLufs + 3;
  return fields;
}

/** Feeds sixty frames a second; answers how often there was something new, and when it ended. */
function play(history: LevelHistory, seconds: number, levels: Levels, startMs: number) {
  let news = 0;
  for (let i = 1; i <= 60 * seconds; i++) if (history.feed(frame(levels), startMs + (1000 * i) / 60)) news++;
  return { news, endMs: startMs + 1000 * seconds };
}

describe('the history of the output', () => {
  it('has ten rows a second and never more than a minute', () => {
    const history = new LevelHistory();
    const { news, endMs } = play(history, 10, {}, 0);
    expect(news).toBeGreaterThan(95);
    expect(news).toBeLessThanOrEqual(101);
    play(history, 3 * HISTORY_SECONDS, { shortTermLufs: -15 }, endMs);
    const { rows } = history;
    const last = rows.length - 1;
    expect(rows.time(last) - rows.time(0)).toBeCloseTo(HISTORY_SECONDS, 0);
    expect(rows.value(0, LoudnessField.shortTermLufs)).toBe(-15);
    expect(rows.value(last, LoudnessField.momentaryLufs)).toBe(-12);
  });

  it('finds the highest true peak in every frame, until it is reset', () => {
    const history = new LevelHistory();
    const { endMs } = play(history, 0.05, {}, 0);
    history.feed(frame({ truePeakDb: 0.5 }), endMs + 1);
    play(history, 1, {}, endMs + 1);
    expect(history.truePeakMaxDb).toBe(0.5);
    history.resetTruePeak();
    expect(history.truePeakMaxDb).toBe(-Infinity);
    history.feed(frame({}), endMs + 1050);
    expect(history.truePeakMaxDb).toBe(-6);
  });

  it('leaves pauses out and shows the last frame of a stop', () => {
    const history = new LevelHistory();
    const { endMs } = play(history, 2, {}, 0);
    const stopped = frame({ shortTermLufs: -Infinity }, false);
    expect(history.feed(stopped, endMs + 20)).toBe(true);
    expect(history.frame).toBe(stopped);
    const before = history.rows.length;
    play(history, 1, {}, endMs + 60_000);
    const { rows } = history;
    expect(rows.time(rows.length - 1) - rows.time(before - 1)).toBeLessThan(1.3);
  });

  it('measures the range of full short-term windows only', () => {
    const history = new LevelHistory();
    let { endMs } = play(history, 2.5, { shortTermLufs: -40 }, 0);
    expect(history.loudnessRangeLu).toBeNull();
    ({ endMs } = play(history, 20, { shortTermLufs: -28 }, endMs));
    ({ endMs } = play(history, 20, { shortTermLufs: -20 }, endMs));
    expect(history.loudnessRangeLu).toBeCloseTo(8, 6);
    // After a pause the window fills anew.
    play(history, 2.5, { shortTermLufs: -35 }, endMs + 5000);
    expect(history.loudnessRangeLu).toBeCloseTo(8, 6);
    history.resetRange();
    expect(history.loudnessRangeLu).toBeNull();
  });

  it('forgets everything for another sound', () => {
    const history = new LevelHistory();
    play(history, 10, {}, 0);
    history.reset();
    expect([history.rows.length, history.truePeakMaxDb, history.loudnessRangeLu, history.frame]).toEqual([
      ...[0, -Infinity, null, null],
    ]);
  });
});
