/** Meters of what is heard; see MeterField for what they say. */
import { MeterField } from '#core/protocol/audio-frames.ts';
import { LevelMeter } from './level-meter.ts';
import { LoudnessMeter } from './loudness-meter.ts';

export class Meters {
  private readonly left: LevelMeter;
  private readonly right: LevelMeter;
  private readonly loudness: LoudnessMeter;

  constructor(sampleRateHz: number) {
    this.left = new LevelMeter(sampleRateHz);
    this.right = new LevelMeter(sampleRateHz);
    this.loudness = new LoudnessMeter(sampleRateHz);
  }

  measure(left: Float32Array, right: Float32Array, length: number): void {
    this.left.measure(left, length);
    this.right.measure(right, length);
    this.loudness.measure(left, right, length);
  }

  /** Fills in peaks, RMS and loudness, and begins new peaks. */
  take(into: Float32Array): void {
    into[MeterField.peakLeftDb] = this.left.takePeakDb();
    into[MeterField.peakRightDb] = this.right.takePeakDb();
    into[MeterField.rmsLeftDb] = this.left.rmsDb;
    into[MeterField.rmsRightDb] = this.right.rmsDb;
    into[MeterField.momentaryLufs] = this.loudness.momentaryLufs;
    into[MeterField.shortTermLufs] = this.loudness.shortTermLufs;
    into[MeterField.integratedLufs] = this.loudness.integratedLufs;
  }

  /** The sound has stopped. */
  rest(): void {
    this.left.rest();
    this.right.rest();
    this.loudness.rest();
  }

  /** The integrated loudness begins anew. */
  reset(): void {
    this.loudness.reset();
  }
}
