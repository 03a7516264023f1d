import { loudnessRangeLu } from '#core/loudness/index.ts';
import { shortTermLufs } from '#core/loudness/series.ts';
import { describe, expect, it } from 'vitest';
import { LoudnessRange } from './level-history-range.ts';

const RATE_HZ = 8000;

/** A tone whose level in dB wanders, both sides alike. */
function tone(seconds: number, levelDb: (time: number) => number) {
  const channel = Float32Array.from({ length: seconds * RATE_HZ }, (_, n) => {
    const time = n / RATE_HZ;
    return 10 ** (levelDb(time) / 20) * Math.sin(2 * Math.PI * 1000 * time);
  });
  return { sampleRateHz: RATE_HZ, channels: [channel, channel] };
}

describe('the loudness range of what has been played', () => {
  it.each([
    ['steps of 10 dB', (time: number) => (time < 20 ? -20 : -30)],
    ['a slow swell', (time: number) => -25 + 8 * Math.sin(time / 5)],
    ['a pause that is gated', (time: number) => (time > 15 && time < 25 ? -80 : -20 - time / 8)],
  ])('is that of the whole sound: %s', (_, levelDb) => {
    const sound = tone(40, levelDb);
    const range = new LoudnessRange();
    for (const lufs of shortTermLufs(sound).lufs) range.add(lufs);
    expect(Math.abs(range.rangeLu! - loudnessRangeLu(sound))).toBeLessThanOrEqual(0.11);
  });

  it('is nothing before a sound, and after it was cleared', () => {
    const range = new LoudnessRange();
    range.add(-Infinity);
    expect(range.rangeLu).toBeNull();
    range.add(-20);
    expect(range.rangeLu).toBe(0);
    range.clear();
    expect(range.rangeLu).toBeNull();
  });
});
