/** For tests: what a stream engine plays. */
import type { StreamEngine } from './stream-engine.ts';

export interface Played {
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/** The next `length` samples, in blocks of the sizes given in turn. */
export function play(engine: StreamEngine, length: number, sizes: readonly number[] = [240]): Played {
  const left = new Float32Array(length);
  const right = new Float32Array(length);
  for (let done = 0, turn = 0; done < length; turn++) {
    const size = Math.min(sizes[turn % sizes.length]!, length - done);
    engine.process(left.subarray(done, done + size), right.subarray(done, done + size), size);
    done += size;
  }
  return { left, right };
}

/** Largest difference between `actual` from `start` on and `expected`, times `gain`, over `length` samples. */
export function largestDifference(
  actual: Float32Array,
  start: number,
  expected: ArrayLike<number>,
  expectedStart: number,
  length: number,
  gain = 1,
): number {
  let largest = 0;
  for (let n = 0; n < length; n++)
    largest = Math.max(largest, Math.abs(actual[start + n]! - gain * expected[expectedStart + n]!));
  return largest;
}

/**
 * How much a sound jumps: the largest third difference |x[n] − 3x[n−1] + 3x[n−2] − x[n−3]| among samples from `start` to `end`.
 * A hard cut gives about the height of its step; sound below 1 kHz, and fades of some milliseconds, far less.
 */
export function largestJump(x: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let n = Math.max(3, start); n < end; n++)
    largest = Math.max(largest, Math.abs(x[n]! - 3 * x[n - 1]! + 3 * x[n - 2]! - x[n - 3]!));
  return largest;
}
