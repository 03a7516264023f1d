/**
 * Loudness range of what has been played (EBU Tech 3342): from the 10th to the 95th percentile of the short-term
 * loudness, of values louder than −70 LUFS and than 20 LU below the mean power of those. Values are counted by their
 * level to 0.1 LU, so that a day of playing takes no more room than a second.
 */
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -20;
const LOUDEST_LUFS = 20;
const LEVELS_PER_LU = 10;
const LEVELS = (LOUDEST_LUFS - ABSOLUTE_GATE_LUFS) * LEVELS_PER_LU;

const levelOf = (lufs: number): number =>
  Math.min(LEVELS - 1, Math.max(0, Math.floor((lufs - ABSOLUTE_GATE_LUFS) * LEVELS_PER_LU)));

export class LoudnessRange {
  private readonly counts = new Float64Array(LEVELS);
  private total = 0;
  private power = 0;

  /** A short-term loudness; what is gated is not counted. */
  add(shortTermLufs: number): void {
    if (!(shortTermLufs > ABSOLUTE_GATE_LUFS)) return;
    this.counts[levelOf(shortTermLufs)]! += 1;
    this.total += 1;
    this.power += 10 ** (shortTermLufs / 10);
  }

  /** In LU; null before anything has been heard. */
  get rangeLu(): number | null {
    if (this.total === 0) return null;
    const gate = levelOf(10 * Math.log10(this.power / this.total) + RELATIVE_GATE_LU);
    let count = 0;
    for (let level = gate; level < LEVELS; level++) count += this.counts[level]!;
    return (this.percentile(gate, count, 0.95) - this.percentile(gate, count, 0.1)) / LEVELS_PER_LU;
  }

  clear(): void {
    this.counts.fill(0);
    this.total = this.power = 0;
  }

  /** The level that holds a part of the `count` values from `gate` on. */
  private percentile(gate: number, count: number, part: number): number {
    const rank = Math.round((count - 1) * part);
    let level = gate;
    for (let seen = this.counts[level]!; seen <= rank; seen += this.counts[level]!) level++;
    return level;
  }
}
