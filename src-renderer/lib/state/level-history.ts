/**
 * What the meters of the output have shown: highest true peak, loudness of the last minute and its range. Runs on the
 * time that was played, so a pause leaves no gap, and keeps ten rows a second, so nothing grows.
 */
import { MeterField } from '#core/protocol/audio-frames.ts';
import { LoudnessRange } from './level-history-range.ts';
import { TimeRing } from './level-history-ring.ts';

/** Above this, players and codecs may distort (EBU R 128). */
export const TRUE_PEAK_LIMIT_DB = -1;
export const HISTORY_SECONDS = 60;
export const LoudnessField = { shortTermLufs: 0, momentaryLufs: 1 } as const;
const ROWS_PER_SECOND = 10;
/** Longer without a frame than this is a pause. */
const PAUSE_SECONDS = 0.5;
/** Frames come a little early or late. */
const ROW_SECONDS = 1 / ROWS_PER_SECOND - 0.008;
/** Before this much has been played, the short-term loudness is that of less than its window. */
const SHORT_TERM_SECONDS = 3;

export class LevelHistory {
  /** Since {@link reset} or {@link resetTruePeak}; −Infinity before any sound. */
  truePeakMaxDb = -Infinity;
  /** LU since {@link reset} or {@link resetRange}; null before any sound. */
  loudnessRangeLu: number | null = null;
  /** The latest meter frame when numbers were due last; null before any. */
  frame: Float32Array | null = null;
  /** Rows of {@link LoudnessField}, over seconds played. */
  readonly rows = new TimeRing(HISTORY_SECONDS * ROWS_PER_SECOND + 1, 2);
  private readonly range = new LoudnessRange();
  private playedSeconds = 0;
  /** Played since the last pause. */
  private runSeconds = 0;
  private rowAtSeconds = -Infinity;
  private lastMs = -Infinity;

  /** Takes a meter frame; call it for every one. True when there is something new to show: ten times a second. */
  feed(frame: Float32Array, nowMs: number): boolean {
    if (frame[MeterField.isPlaying] !== 1) {
      this.lastMs = -Infinity;
      this.frame = frame;
      return true;
    }
    const elapsed = (nowMs - this.lastMs) / 1000;
    const isPause = elapsed > PAUSE_SECONDS;
    this.lastMs = nowMs;
    this.runSeconds = isPause ? 0 : this.runSeconds + elapsed;
    this.playedSeconds += isPause ? 1 / ROWS_PER_SECOND : elapsed;
    this.truePeakMaxDb = Math.max(this.truePeakMaxDb, frame[MeterField.truePeakDb]!);
    if (this.playedSeconds - this.rowAtSeconds < ROW_SECONDS) return false;
    this.rowAtSeconds = this.playedSeconds;
    this.frame = frame;
    const shortTermLufs = frame[MeterField.shortTermLufs]!;
    this.rows.push(this.playedSeconds, shortTermLufs, frame[MeterField.momentaryLufs]!);
    if (this.runSeconds >= SHORT_TERM_SECONDS) {
      this.range.add(shortTermLufs);
      this.loudnessRangeLu = this.range.rangeLu;
    }
    return true;
  }

  resetTruePeak(): void {
    this.truePeakMaxDb = -Infinity;
  }

  /** The loudness range begins anew, as the integrated loudness does. */
  resetRange(): void {
    this.range.clear();
    this.loudnessRangeLu = null;
  }

  /** Forgets everything, for another sound. */
  reset(): void {
    this.resetTruePeak();
    this.resetRange();
    this.rows.clear();
    this.frame = null;
    this.lastMs = -Infinity;
  }
}
