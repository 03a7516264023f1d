/** Meters of what is heard, and of the parts of the processed sound; see MeterField for what they say. */
import { TruePeakMeter } from '#core/loudness/true-peak.ts';
import { MeterField } from '#core/protocol/audio-frames.ts';
import { gainToDb } from '#core/units.ts';
import type { ChainPart } from '../realtime-chain.ts';
import { LevelMeter, PairLevelMeter } from './level-meter.ts';
import { LoudnessMeter } from './loudness-meter.ts';

export class Meters {
  private readonly left: LevelMeter;
  private readonly right: LevelMeter;
  private readonly leftTruePeak = new TruePeakMeter();
  private readonly rightTruePeak = new TruePeakMeter();
  private readonly loudness: LoudnessMeter;
  private readonly direct: PairLevelMeter;
  private readonly delay: PairLevelMeter;
  private readonly reverb: PairLevelMeter;

  constructor(sampleRateHz: number) {
    this.left = new LevelMeter(sampleRateHz);
    this.right = new LevelMeter(sampleRateHz);
    this.loudness = new LoudnessMeter(sampleRateHz);
    this.direct = new PairLevelMeter(sampleRateHz);
    this.delay = new PairLevelMeter(sampleRateHz);
    this.reverb = new PairLevelMeter(sampleRateHz);
  }

  measure(left: Float32Array, right: Float32Array, length: number): void {
    this.left.measure(left, length);
    this.right.measure(right, length);
    this.leftTruePeak.measure(left, length);
    this.rightTruePeak.measure(right, length);
    this.loudness.measure(left, right, length);
  }

  /** The parts of a piece of the processed sound. */
  measureParts(direct: ChainPart, delay: ChainPart, reverb: ChainPart, length: number): void {
    this.direct.measure(direct[0].numbers, direct[1].numbers, length);
    this.delay.measure(delay[0].numbers, delay[1].numbers, length);
    this.reverb.measure(reverb[0].numbers, reverb[1].numbers, length);
  }

  /** Fills in peaks, RMS and loudness, and begins new peaks. */
  take(into: Float32Array): void {
    into[MeterField.peakLeftDb] = this.left.takePeakDb();
    into[MeterField.peakRightDb] = this.right.takePeakDb();
    into[MeterField.truePeakDb] = gainToDb(Math.max(this.leftTruePeak.take(), this.rightTruePeak.take()));
    into[MeterField.rmsLeftDb] = this.left.rmsDb;
    into[MeterField.rmsRightDb] = this.right.rmsDb;
    into[MeterField.momentaryLufs] = this.loudness.momentaryLufs;
    into[MeterField.shortTermLufs] = this.loudness.shortTermLufs;
    into[MeterField.integratedLufs] = this.loudness.integratedLufs;
    into[MeterField.directRmsDb] = this.direct.rmsDb;
    into[MeterField.delayRmsDb] = this.delay.rmsDb;
    into[MeterField.reverbRmsDb] = this.reverb.rmsDb;
  }

  /** The sound has stopped. */
  rest(): void {
    this.left.rest();
    this.right.rest();
    this.loudness.rest();
    this.direct.rest();
    this.delay.rest();
    this.reverb.rest();
  }

  /** The integrated loudness begins anew. */
  reset(): void {
    this.loudness.reset();
  }
}
