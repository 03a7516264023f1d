/** What the compressor heard and did in the last seconds that were played. */
import { MeterField } from '#core/protocol/audio-frames.ts';
import { TimeRing } from '../../../lib/state/level-history-ring.ts';

export const TRACE_SECONDS = 6;
export const TraceField = { inputDb: 0, gainReductionDb: 1 } as const;
const FRAMES_PER_SECOND = 60;
const HOLD_SECONDS = 2;
/** A longer wait for a frame is a pause, which takes no room. */
const LONGEST_STEP_SECONDS = 0.1;

export class DynamicsTrace {
  /** Rows of {@link TraceField}, over seconds played. */
  readonly rows = new TimeRing(TRACE_SECONDS * FRAMES_PER_SECOND + 1, 2);
  private playedSeconds = 0;
  private holdSinceSeconds = -Infinity;
  private lastMs = -Infinity;

  /** Takes a meter frame; only those of playing sound are kept. */
  feed(frame: Float32Array, nowMs: number): void {
    if (frame[MeterField.isPlaying] !== 1) return;
    this.playedSeconds += Math.min(LONGEST_STEP_SECONDS, (nowMs - this.lastMs) / 1000);
    this.lastMs = nowMs;
    this.rows.push(
      this.playedSeconds,
      frame[MeterField.compressorInputDb]!,
      frame[MeterField.gainReductionDb]!,
    );
  }

  /** The most that was taken away within the last 2 s played and since {@link resetHold}, in dB ≤ 0. */
  get holdDb(): number {
    const { rows } = this;
    const since = Math.max(this.holdSinceSeconds, this.playedSeconds - HOLD_SECONDS);
    let mostDb = 0;
    for (let row = rows.length - 1; row >= 0 && rows.time(row) > since; row--)
      mostDb = Math.min(mostDb, rows.value(row, TraceField.gainReductionDb));
    return mostDb;
  }

  resetHold(): void {
    this.holdSinceSeconds = this.playedSeconds;
  }
}
