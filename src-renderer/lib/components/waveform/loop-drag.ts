/** Making, moving and resizing the loop region. */

export interface LoopRegion {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** What a drag does: make a new region from where it began, move the one there is, or take one of its edges along. */
export type LoopPart = 'new' | 'whole' | 'start' | 'end';

/** Shorter regions cannot be made by hand. */
export const SHORTEST_LOOP_SECONDS = 0.01;

/**
 * The region of a drag from `fromSeconds` to `toSeconds`, within the sound. `before` is the region when it began; an edge
 * that is taken past the other one goes on as that one.
 */
export function draggedLoop(
  part: LoopPart,
  before: LoopRegion | null,
  fromSeconds: number,
  toSeconds: number,
  durationSeconds: number,
): LoopRegion {
  if (part === 'whole' && before) {
    const length = before.endSeconds - before.startSeconds;
    const start = before.startSeconds + toSeconds - fromSeconds;
    const startSeconds = Math.max(0, Math.min(durationSeconds - length, start));
    return { startSeconds, endSeconds: startSeconds + length };
  }
  const anchor =
    part === 'new' || !before ? fromSeconds : part === 'start' ? before.endSeconds : before.startSeconds;
  const [a, b] = [anchor, toSeconds].map((seconds) => Math.min(durationSeconds, Math.max(0, seconds))) as [
    number,
    number,
  ];
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  const missing = Math.max(0, Math.min(SHORTEST_LOOP_SECONDS, durationSeconds) - (high - low));
  const startSeconds = Math.max(0, Math.min(low, durationSeconds - (high - low) - missing));
  return { startSeconds, endSeconds: Math.min(durationSeconds, startSeconds + (high - low) + missing) };
}
