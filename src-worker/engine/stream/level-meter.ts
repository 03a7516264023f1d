/** Peaks since the last look, and RMS over 300 ms. A full-scale sine has a peak of 0 dB and an RMS of −3 dB. */
import { gainToDb } from '#core/units.ts';

const SLOTS_PER_SECOND = 100;
const RMS_SLOTS = 30;

/** Sums of squares of the last 300 ms, in slots of 10 ms; whoever adds to {@link sum} tells by {@link advance}. */
class PowerWindow {
  /** Of the slot in hand. One number; in a field it might be allocated anew every time it changes. */
  readonly sum = new Float64Array(1);
  /** Samples until the slot in hand is full. */
  room: number;
  /** A ring. */
  private readonly slots = new Float64Array(RMS_SLOTS);
  private at = 0;
  private count = 0;
  private readonly slotLength: number;

  constructor(sampleRateHz: number) {
    this.slotLength = this.room = Math.round(sampleRateHz / SLOTS_PER_SECOND);
  }

  /** The squares of `length` ≤ {@link room} samples have been added. */
  advance(length: number): void {
    this.room -= length;
    if (this.room > 0) return;
    this.slots[this.at] = this.sum[0]!;
    this.at = (this.at + 1) % RMS_SLOTS;
    this.count = Math.min(this.count + 1, RMS_SLOTS);
    this.sum[0] = 0;
    this.room = this.slotLength;
  }

  /** −Infinity for silence, and before the first 10 ms. */
  get rmsDb(): number {
    let sum = 0;
    for (let back = 1; back <= this.count; back++)
      sum += this.slots[(this.at + RMS_SLOTS - back) % RMS_SLOTS]!;
    return sum === 0 ? -Infinity : gainToDb(Math.sqrt(sum / (this.count * this.slotLength)));
  }

  rest(): void {
    this.sum[0] = this.count = 0;
    this.room = this.slotLength;
  }
}

/** Peak and RMS of one channel. */
export class LevelMeter {
  private readonly peak = new Float64Array(1);
  private readonly power: PowerWindow;

  constructor(sampleRateHz: number) {
    this.power = new PowerWindow(sampleRateHz);
  }

  measure(x: Float32Array, length: number): void {
    const { power } = this;
    let peak = this.peak[0]!;
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + power.room);
      let sum = 0;
      for (let n = from; n < to; n++) {
        const size = Math.abs(x[n]!);
        if (size > peak) peak = size;
        sum += size * size;
      }
      power.sum[0]! += sum;
      power.advance(to - from);
      from = to;
    }
    this.peak[0] = peak;
  }

  /** −Infinity for silence; the next one is about what comes from now on. */
  takePeakDb(): number {
    const peak = this.peak[0]!;
    this.peak[0] = 0;
    return gainToDb(peak);
  }

  /** −Infinity for silence, and before the first 10 ms. */
  get rmsDb(): number {
    return this.power.rmsDb;
  }

  /** The sound has stopped: the RMS begins anew with the next. */
  rest(): void {
    this.power.rest();
  }
}

/** RMS of a pair of channels: √mean((l² + r²)/2), so the level of either where they are alike. */
export class PairLevelMeter {
  private readonly power: PowerWindow;

  constructor(sampleRateHz: number) {
    this.power = new PowerWindow(sampleRateHz);
  }

  measure(left: Float32Array, right: Float32Array, length: number): void {
    const { power } = this;
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + power.room);
      let sum = 0;
      for (let n = from; n < to; n++) sum += left[n]! * left[n]! + right[n]! * right[n]!;
      power.sum[0]! += 0.5 * sum;
      power.advance(to - from);
      from = to;
    }
  }

  /** As {@link LevelMeter.rmsDb}. */
  get rmsDb(): number {
    return this.power.rmsDb;
  }

  rest(): void {
    this.power.rest();
  }
}
