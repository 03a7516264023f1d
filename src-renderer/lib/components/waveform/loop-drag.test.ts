import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHORTEST_LOOP_SECONDS, draggedLoop, type LoopPart } from './loop-drag.ts';

const before = { startSeconds: 10, endSeconds: 14 };

describe('a drag of the loop', () => {
  it('makes a region in either direction', () => {
    expect(draggedLoop('new', null, 3, 5, 60)).toEqual({ startSeconds: 3, endSeconds: 5 });
    expect(draggedLoop('new', before, 5, 3, 60)).toEqual({ startSeconds: 3, endSeconds: 5 });
  });

  it('moves it without changing its length, up to the ends', () => {
    expect(draggedLoop('whole', before, 11, 21, 60)).toEqual({ startSeconds: 20, endSeconds: 24 });
    expect(draggedLoop('whole', before, 11, -50, 60)).toEqual({ startSeconds: 0, endSeconds: 4 });
    expect(draggedLoop('whole', before, 11, 90, 60)).toEqual({ startSeconds: 56, endSeconds: 60 });
  });

  it('moves an edge, past the other one too', () => {
    expect(draggedLoop('start', before, 10, 8, 60)).toEqual({ startSeconds: 8, endSeconds: 14 });
    expect(draggedLoop('end', before, 14, 20, 60)).toEqual({ startSeconds: 10, endSeconds: 20 });
    expect(draggedLoop('start', before, 10, 17, 60)).toEqual({ startSeconds: 14, endSeconds: 17 });
  });

  it('stays within the sound and is never too short', () => {
    const seconds = fc.double({ min: -5, max: 70, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom<LoopPart>('new', 'whole', 'start', 'end'),
        seconds,
        seconds,
        (part, from, to) => {
          const { startSeconds, endSeconds } = draggedLoop(part, before, from, to, 60);
          expect(startSeconds).toBeGreaterThanOrEqual(0);
          expect(endSeconds).toBeLessThanOrEqual(60);
          expect(endSeconds - startSeconds).toBeGreaterThanOrEqual(SHORTEST_LOOP_SECONDS - 1e-9);
        },
      ),
    );
  });
});
