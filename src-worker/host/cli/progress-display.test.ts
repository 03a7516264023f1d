import { describe, expect, it } from 'vitest';
import { formatSeconds, progressLines } from './progress-display.ts';

const terms = { mss_lr: 0.993, mss_ms: 2.162, mldr_lr: 0.998, mldr_ms: 3.012 };
const view = {
  fraction: 0.45,
  elapsedSeconds: 9,
  first: { loss: 12.939, terms },
  loss: 1.231,
  terms: { mss_lr: 0.485, mss_ms: 0.794, mldr_lr: 0.249, mldr_ms: 0.445 },
};

describe('the progress of a fit', () => {
  it('shows share, time left, loss and terms before and now', () => {
    const [bar, mss, mldr] = progressLines(view, 80);
    expect(bar).toMatch(/^\[#+-+\] {2}45 % {2}11 s left +loss 12\.939 → 1\.231$/);
    expect(mss).toBe('  MSS   l/r 0.993 → 0.485   m/s 2.162 → 0.794');
    expect(mldr).toBe('  MLDR  l/r 0.998 → 0.249   m/s 3.012 → 0.445');
  });

  it('never wraps', () => {
    for (const columns of [20, 40, 60, 79, 80, 200])
      for (const fraction of [0, 0.001, 0.5, 1, 1.2])
        for (const line of progressLines({ ...view, fraction }, columns))
          expect(line.length).toBeLessThan(columns);
  });

  it('says minutes where there are some', () => {
    expect(formatSeconds(59.4)).toBe('59 s');
    expect(formatSeconds(185)).toBe('3 min 05 s');
  });
});
