import { describe, expect, it } from 'vitest';
import { panLevelsDb, panMoved, stageX } from './stage.ts';

describe('the stage', () => {
  it('has the middle in the middle and moves with the pointer', () => {
    expect(stageX(0)).toBe(0.5);
    expect(stageX(-100)).toBeCloseTo(1 - stageX(100), 12);
    expect(stageX(-30 + panMoved(0.2))).toBeCloseTo(stageX(-30) + 0.2, 12);
    expect(stageX(300)).toBe(stageX(100));
  });

  it('keeps the power wherever a voice is put', () => {
    for (const pan of [-100, -60, 0, 25, 100]) {
      const { leftDb, rightDb } = panLevelsDb(pan);
      expect(10 ** (leftDb / 10) + 10 ** (rightDb / 10)).toBeCloseTo(2, 9);
    }
    expect(panLevelsDb(0).leftDb).toBeCloseTo(0, 9);
    expect(panLevelsDb(100).leftDb).toBe(-Infinity);
    expect(panLevelsDb(-50).leftDb).toBeGreaterThan(panLevelsDb(-50).rightDb);
  });
});
