import { describe, expect, it } from 'vitest';
import { Ballistics, REST_DB } from './ballistics.ts';

const FRAME_SECONDS = 1 / 60;

function run(
  ballistics: Ballistics,
  targetDb: readonly number[] | null,
  seconds: number,
  keeps = false,
): boolean {
  let isMoving = true;
  for (let t = 0; t < seconds; t += FRAME_SECONDS)
    isMoving = ballistics.advance(targetDb, FRAME_SECONDS, keeps);
  return isMoving;
}

describe('the movement of spectra', () => {
  it('rises within a tenth of a second and never above', () => {
    const ballistics = new Ballistics(2);
    run(ballistics, [-30, -60], 0.15);
    expect(ballistics.levelsDb[0]).toBeCloseTo(-30, 0);
    expect(ballistics.levelsDb[1]).toBeLessThanOrEqual(-60);
  });

  it('falls evenly, the same at any frame rate, and stops at the level', () => {
    const [often, rarely] = [new Ballistics(1), new Ballistics(1)];
    run(often, [-20], 1);
    run(rarely, [-20], 1);
    for (let i = 0; i < 30; i++) often.advance([-80], 1 / 60, false);
    for (let i = 0; i < 5; i++) rarely.advance([-80], 1 / 10, false);
    expect(often.levelsDb[0]).toBeCloseTo(-20 - 27, 0);
    expect(rarely.levelsDb[0]).toBeCloseTo(often.levelsDb[0]!, 1);
    run(often, [-80], 2);
    expect(often.levelsDb[0]).toBe(-80);
  });

  it('comes to rest when nothing plays, and says so', () => {
    const ballistics = new Ballistics(1);
    run(ballistics, [-20], 0.5);
    expect(ballistics.advance(null, FRAME_SECONDS, true)).toBe(true);
    expect(run(ballistics, null, 1, true)).toBe(false);
    expect(ballistics.levelsDb[0]).toBe(REST_DB);
    // Peaks that fall need longer.
    const falling = new Ballistics(1);
    run(falling, [-20], 0.5);
    expect(run(falling, null, 1)).toBe(true);
    expect(run(falling, null, 12)).toBe(false);
  });

  it('keeps peaks a while, or until they are cleared', () => {
    const [falling, kept] = [new Ballistics(1), new Ballistics(1)];
    for (const [ballistics, keeps] of [
      [falling, false],
      [kept, true],
    ] as const) {
      run(ballistics, [-20], 0.5, keeps);
      run(ballistics, [-70], 1, keeps);
      expect(ballistics.peaksDb[0]).toBeCloseTo(-20, 1);
      run(ballistics, [-70], 2.5, keeps);
    }
    expect(falling.peaksDb[0]).toBeLessThan(-40);
    expect(falling.peaksDb[0]).toBeGreaterThanOrEqual(-70);
    expect(kept.peaksDb[0]).toBeCloseTo(-20, 1);
    kept.clearPeaks();
    expect(kept.peaksDb[0]).toBe(kept.levelsDb[0]);
  });

  it('takes silence and pauses of the window', () => {
    const ballistics = new Ballistics(1);
    ballistics.advance([-Infinity], 5, false);
    expect(ballistics.levelsDb[0]).toBe(REST_DB);
    run(ballistics, [-20], 0.5);
    ballistics.advance([-140], 3600, false);
    expect(ballistics.levelsDb[0]).toBeGreaterThan(-40);
  });
});
