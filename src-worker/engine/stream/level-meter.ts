/** Peak since the last look and RMS over 300 ms of one channel. A full-scale sine has a peak of 0 dB and an RMS of −3 dB. */
import { gainToDb } from '#core/units.ts';

const SLOTS_PER_SECOND = 100;
const RMS_SLOTS = 30;

const PEAK = 0;
const SUM = 1;

export class LevelMeter {
  /** Peak, and the sum of squares of the slot in hand. */
  private readonly state = new Float64Array(2);
  /** Sums of squares of the last slots of 10 ms, a ring. */
  private readonly slots = new Float64Array(RMS_SLOTS);
  private slotsAt = 0;
  private slotCount = 0;
  private slotDone = 0;
  private readonly slotLength: number;

  constructor(sampleRateHz: number) {
    this.slotLength = Math.round(sampleRateHz / SLOTS_PER_SECOND);
  }

  measure(x: Float32Array, length: number): void {
    const { state, slots, slotLength } = this;
    let peak = state[PEAK]!;
    let sum = state[SUM]!;
    for (let n = 0; n < length; n++) {
      const size = Math.abs(x[n]!);
      if (size > peak) peak = size;
      sum += size * size;
      if (++this.slotDone < slotLength) continue;
      slots[this.slotsAt] = sum;
      this.slotsAt = (this.slotsAt + 1) % RMS_SLOTS;
      this.slotCount = Math.min(this.slotCount + 1, RMS_SLOTS);
      this.slotDone = sum = 0;
    }
    state[PEAK] = peak;
    state[SUM] = sum;
  }

  /** −Infinity for silence; the next one is about what comes from now on. */
  takePeakDb(): number {
    const peak = this.state[PEAK]!;
    this.state[PEAK] = 0;
    return gainToDb(peak);
  }

  /** −Infinity for silence, and before the first 10 ms. */
  get rmsDb(): number {
    let sum = 0;
    for (let back = 1; back <= this.slotCount; back++)
      sum += this.slots[(this.slotsAt + RMS_SLOTS - back) % RMS_SLOTS]!;
    return sum === 0 ? -Infinity : gainToDb(Math.sqrt(sum / (this.slotCount * this.slotLength)));
  }

  /** The sound has stopped: the RMS begins anew with the next. */
  rest(): void {
    this.state[SUM] = this.slotCount = this.slotDone = 0;
  }
}
