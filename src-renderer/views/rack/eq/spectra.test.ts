import { describe, expect, it } from 'vitest';
import { SPECTRUM_BANDS } from '#core/protocol/audio-frames.ts';
import { BAND_HZ, matchCurve, smoothed, TILT_DB } from './spectra.ts';

const SEMITONES_PER_BAND = (12 * Math.log2(1000)) / (SPECTRUM_BANDS - 1);
const flat = (db: number): Float32Array => new Float32Array(SPECTRUM_BANDS).fill(db);
const bandAt = (hz: number): number => BAND_HZ.findIndex((other) => other >= hz);

describe('smoothing', () => {
  it('leaves a level spectrum as it is, to its ends', () => {
    for (const semitones of [1, 6, 24])
      for (const db of smoothed(flat(-40), semitones)) expect(db).toBeCloseTo(-40, 9);
  });

  it('keeps the power of a line and spreads it as wide as it says', () => {
    const line = flat(-300);
    line[120] = 0;
    for (const semitones of [2, 6, 12]) {
      const levels = smoothed(line, semitones);
      const power = levels.reduce((sum, db) => sum + 10 ** (db / 10), 0);
      expect(power).toBeCloseTo(1, 6);
      const top = Math.max(...levels);
      expect(levels[120]).toBe(top);
      const widthSemitones = levels.filter((db) => db > top - 3.0103).length * SEMITONES_PER_BAND;
      expect(Math.abs(widthSemitones - semitones)).toBeLessThanOrEqual(2 * SEMITONES_PER_BAND);
    }
  });

  it('smooths more with more semitones', () => {
    const comb = Float32Array.from({ length: SPECTRUM_BANDS }, (_, band) => (band % 12 === 0 ? -20 : -50));
    const ripple = (semitones: number): number => {
      const inner = smoothed(comb, semitones).slice(60, 180);
      return Math.max(...inner) - Math.min(...inner);
    };
    expect(ripple(2)).toBeGreaterThan(10);
    expect(ripple(6)).toBeLessThan(3);
    expect(ripple(12)).toBeLessThan(ripple(6));
  });

  it('takes silence', () => {
    expect([...smoothed(flat(-Infinity), 6)].every((db) => db === -Infinity)).toBe(true);
  });
});

describe('the match curve', () => {
  const voice = Float32Array.from(BAND_HZ, (hz) => -40 - 10 * Math.abs(Math.log2(hz / 400)));

  it('is 0 dB for two of the same, however loud', () => {
    const { db, hz } = matchCurve(
      voice,
      voice.map((level) => level - 13),
      6,
    );
    expect(hz.length).toBeGreaterThan(100);
    for (const value of db) expect(Math.abs(value)).toBeLessThan(1e-5);
  });

  it('shows a shelf as it was, less its mean from 100 Hz to 10 kHz', () => {
    const shelved = voice.map((level, band) => level + (BAND_HZ[band]! > 1000 ? 6 : 0));
    const { hz, db } = matchCurve(voice, shelved, 3);
    const at = (wanted: number): number => db[hz.findIndex((other) => other >= wanted)]!;
    expect(at(5000)).toBeCloseTo(3, 0);
    expect(at(200)).toBeCloseTo(-3, 0);
    expect(at(5000) - at(200)).toBeCloseTo(6, 3);
    const inner = db.filter((_, i) => hz[i]! >= 100 && hz[i]! <= 10_000);
    expect(inner.reduce((sum, value) => sum + value, 0) / inner.length).toBeCloseTo(0, 9);
  });

  it('says nothing where one of the two is silent or noise', () => {
    const cut = voice.map((level, band) => (BAND_HZ[band]! < 60 ? -180 : level));
    const { hz, db } = matchCurve(cut, voice, 1);
    expect(hz[0]).toBeGreaterThan(50);
    expect([...db].every(Number.isFinite)).toBe(true);
    expect(matchCurve(flat(-Infinity), voice, 6).hz).toHaveLength(0);
  });
});

describe('the tilt', () => {
  it('is 4.5 dB per octave about 1 kHz', () => {
    const [one, four] = [bandAt(1000), bandAt(4000)];
    expect(TILT_DB[one]).toBeCloseTo(0, 0);
    expect(TILT_DB[four]! - TILT_DB[one]!).toBeCloseTo(9, 0);
  });
});
