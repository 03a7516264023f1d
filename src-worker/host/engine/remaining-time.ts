/** How much longer a job takes, from how far it has come; steady enough to be read. */

/** Nothing is said before this much of the job and of time has gone by. */
const LEAST_FRACTION = 0.02;
const LEAST_SECONDS = 1;
/** Part of a new estimate that is believed. */
const BELIEF = 0.2;

export class RemainingTime {
  private first: { readonly elapsed: number; readonly fraction: number } | undefined;
  private last = 0;
  private estimate: number | null = null;

  /** Seconds left at `elapsed` seconds and `fraction` 0..1; null while that cannot be known. */
  update(elapsed: number, fraction: number): number | null {
    this.first ??= { elapsed, fraction };
    const [seconds, part] = [elapsed - this.first.elapsed, fraction - this.first.fraction];
    const sinceLast = elapsed - this.last;
    this.last = elapsed;
    if (seconds < LEAST_SECONDS || part < LEAST_FRACTION) return null;
    const now = (seconds / part) * (1 - fraction);
    this.estimate =
      this.estimate === null ? now : Math.max(0, this.estimate - sinceLast) * (1 - BELIEF) + now * BELIEF;
    return fraction >= 1 ? 0 : this.estimate;
  }
}
