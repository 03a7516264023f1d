/**
 * A tempo tapped by hand: the mean of the last intervals between taps. After a pause the next tap begins anew.
 */

/** As many intervals as count. */
const MOST_INTERVALS = 8;
/** Longer than this between two taps is a pause; the interval of the slowest tempo. */
export const TAP_PAUSE_MS = 2_000;

export class TapTempo {
  private timesMs: number[] = [];

  /** A tap at a time of a monotonic clock. The tempo in BPM, or null at the first tap. */
  tap(timeMs: number): number | null {
    const previousMs = this.timesMs.at(-1);
    if (previousMs !== undefined && timeMs - previousMs > TAP_PAUSE_MS) this.timesMs = [];
    this.timesMs = [...this.timesMs, timeMs].slice(-(MOST_INTERVALS + 1));
    const intervals = this.timesMs.length - 1;
    if (intervals === 0 || timeMs === this.timesMs[0]) return null;
    return (60_000 * intervals) / (timeMs - this.timesMs[0]!);
  }
}
