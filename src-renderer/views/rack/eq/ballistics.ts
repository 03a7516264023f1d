/**
 * How shown spectra move: up almost at once, down evenly, so that the eye can follow; and the peaks above them, which
 * stay for a while before they come down, or stay until they are cleared.
 */

/** Below every picture. */
export const REST_DB = -140;
const RISE_SECONDS = 0.018;
const FALL_DB_PER_SECOND = 54;
/** Once nothing plays. */
const REST_DB_PER_SECOND = 160;
const PEAK_STAYS_SECONDS = 1.5;
const PEAK_FALL_DB_PER_SECOND = 14;
/** No frame of a picture stands for a longer time. */
const LONGEST_SECONDS = 0.25;

export class Ballistics {
  readonly levelsDb: Float32Array;
  readonly peaksDb: Float32Array;
  private readonly peakSeconds: Float32Array;

  constructor(bands: number) {
    this.levelsDb = new Float32Array(bands).fill(REST_DB);
    this.peaksDb = new Float32Array(bands).fill(REST_DB);
    this.peakSeconds = new Float32Array(bands);
  }

  /**
   * `seconds` later: towards `targetDb` (one level a band; null: nothing plays), with peaks that stay for ever where
   * `keepsPeaks`. True while anything is still on its way to where it will rest.
   */
  advance(targetDb: ArrayLike<number> | null, seconds: number, keepsPeaks: boolean): boolean {
    const { levelsDb, peaksDb, peakSeconds } = this;
    const passed = Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
    const rise = 1 - Math.exp(-passed / RISE_SECONDS);
    const fallDb = (targetDb ? FALL_DB_PER_SECOND : REST_DB_PER_SECOND) * passed;
    let isMoving = false;
    for (let band = 0; band < levelsDb.length; band++) {
      const target = Math.max(targetDb ? targetDb[band]! : REST_DB, REST_DB);
      const level = levelsDb[band]!;
      const next = target > level ? level + rise * (target - level) : Math.max(target, level - fallDb);
      levelsDb[band] = next;
      if (next >= peaksDb[band]!) {
        peaksDb[band] = next;
        peakSeconds[band] = 0;
      } else if (!keepsPeaks) {
        peakSeconds[band] = peakSeconds[band]! + passed;
        if (peakSeconds[band]! > PEAK_STAYS_SECONDS)
          peaksDb[band] = Math.max(next, peaksDb[band]! - PEAK_FALL_DB_PER_SECOND * passed);
      }
      isMoving ||= next > REST_DB || (!keepsPeaks && peaksDb[band]! > REST_DB);
    }
    return isMoving;
  }

  clearPeaks(): void {
    this.peaksDb.set(this.levelsDb);
    this.peakSeconds.fill(0);
  }
}
