/** Cutting an aligned pair into the segments a fit compares. */
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import type { Segment } from './objective.ts';

/** Published lengths: 12 s windows, of which the first 5 s only warm the chain up. */
const WINDOW_SAMPLES = 12 * FIT_SAMPLE_RATE_HZ;
const WARMUP_SAMPLES = 5 * FIT_SAMPLE_RATE_HZ;
const HOP_SAMPLES = WINDOW_SAMPLES - WARMUP_SAMPLES;
/** A window whose compared part stays below −60 dBFS in either signal says nothing about the chain. */
const SILENCE = 1e-3;
/** What is left behind the last whole window becomes a window of its own if it adds at least this. */
const SMALLEST_REST_SAMPLES = FIT_SAMPLE_RATE_HZ;
/** Part of a short pair that warms the chain up, and what must remain to compare (the dynamics loss needs 0.95 s). */
const SHORT_WARMUP_PART = 0.4;
const SMALLEST_REGION_SAMPLES = FIT_SAMPLE_RATE_HZ;

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly warmupSamples: number;
}

function cuts(length: number): Cut[] {
  if (length < WINDOW_SAMPLES) {
    const warmup = Math.min(WARMUP_SAMPLES, length * SHORT_WARMUP_PART, length - SMALLEST_REGION_SAMPLES);
    return [{ start: 0, end: length, warmupSamples: Math.max(0, Math.floor(warmup)) }];
  }
  const whole: Cut[] = [];
  let start = 0;
  for (; start + WINDOW_SAMPLES <= length; start += HOP_SAMPLES)
    whole.push({ start, end: start + WINDOW_SAMPLES, warmupSamples: WARMUP_SAMPLES });
  const rest = length - (start - HOP_SAMPLES + WINDOW_SAMPLES);
  if (rest >= SMALLEST_REST_SAMPLES)
    whole.push({ start: length - WINDOW_SAMPLES, end: length, warmupSamples: WINDOW_SAMPLES - rest });
  return whole;
}

function peak(samples: Float32Array): number {
  let largest = 0;
  for (const sample of samples) largest = Math.max(largest, Math.abs(sample));
  return largest;
}

/**
 * Segments of an aligned pair at the fit rate and level, silent ones left out; empty when all are silent.
 * Pairs shorter than 12 s give one segment with a shorter warm-up. The samples are views, not copies.
 */
export function cutSegments(dry: Float32Array, wet: readonly [Float32Array, Float32Array]): Segment[] {
  return cuts(dry.length)
    .map(({ start, end, warmupSamples }) => ({
      dry: dry.subarray(start, end),
      wet: [wet[0].subarray(start, end), wet[1].subarray(start, end)] as const,
      warmupSamples,
    }))
    .filter(({ dry: source, wet: [left, right], warmupSamples }) => {
      const compared = Math.max(peak(left.subarray(warmupSamples)), peak(right.subarray(warmupSamples)));
      return compared > SILENCE && peak(source) > SILENCE;
    });
}
