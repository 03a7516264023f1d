/** Segments as kernels see them: `count` of them side by side in a dispatch, one for each z of its workgroups. */

/** For kernels: `array<Segment>`, one entry for each segment of the dispatch. */
export const SEGMENT_WGSL = /* wgsl */ `
struct Segment {
  /** Samples, warm-up included; what lies behind them in a row is zero. */
  length: u32,
  /** Samples at the start that are not compared. */
  warmup: u32,
  /** Where what is kept of the segment lies: its dry spectrum, its target. */
  slot: u32,
  unused: u32,
}
`;

export interface SegmentEntry {
  readonly length: number;
  readonly warmup: number;
  readonly slot: number;
}

/** u32[4] each. */
export function segmentTable(entries: readonly SegmentEntry[]): Uint32Array {
  return Uint32Array.from(entries.flatMap(({ length, warmup, slot }) => [length, warmup, slot, 0]));
}
