/**
 * The long-term average spectrum of a recording: the mean power of frames of the spectrum analyser that overlap by half,
 *
 *   L[band] = 10 log10 mean_t 10^(S_t[band]/10)
 *
 * over the frames that are not silent: those at most {@link GATE_DB} below the loudest. Pauses so have no say, whatever
 * the recording's level is.
 */
import { SPECTRUM_BANDS } from '#core/protocol/audio-frames.ts';
import { SILENT_SPECTRUM_DB, SpectrumAnalyser, spectrumPoints } from './stream/spectrum-analyser.ts';

const GATE_DB = 40;
/** Frames are kept by their level, a class for each dB, since the loudest is known only at the end. */
const LOUDEST_DB = 40;
const CLASSES = LOUDEST_DB - SILENT_SPECTRUM_DB;

const dbToPower = (levelDb: number): number => 10 ** (levelDb / 10);

export class LongTermSpectrum {
  private readonly analyser: SpectrumAnalyser;
  private readonly hop: number;
  private readonly frame: Float32Array;
  /** Filled places of {@link frame}. */
  private filled = 0;
  private readonly frameDb = new Float32Array(SPECTRUM_BANDS);
  /** Sum of powers per band, and how many frames, of each class that has any. */
  private readonly classes = new Map<number, { readonly powers: Float64Array; frames: number }>();

  constructor(sampleRateHz: number) {
    const points = spectrumPoints(sampleRateHz);
    this.analyser = new SpectrumAnalyser(sampleRateHz);
    this.hop = points / 2;
    this.frame = new Float32Array(points);
  }

  /** The next samples: the average of `channels`. Yields often, so that others get their turn. */
  *add(channels: readonly Float32Array[]): Generator<undefined> {
    const { frame } = this;
    const { length } = channels[0]!;
    for (let n = 0; n < length; n++) {
      let sum = 0;
      for (const channel of channels) sum += channel[n]!;
      frame[this.filled++] = sum / channels.length;
      if (this.filled < frame.length) continue;
      this.measure();
      frame.copyWithin(0, this.hop);
      this.filled -= this.hop;
      yield;
    }
  }

  /**
   * Levels in dB of the SPECTRUM_BANDS bands (see SpectrumAnalyser); its value for silence throughout where there is
   * nothing but silence. Sound shorter than a frame counts as if silence followed.
   */
  end(): Float32Array<ArrayBuffer> {
    if (this.classes.size === 0) {
      this.frame.fill(0, this.filled);
      this.measure();
    }
    const loudest = Math.max(...this.classes.keys());
    const powers = new Float64Array(SPECTRUM_BANDS);
    let frames = 0;
    for (const [level, of] of this.classes) {
      if (level < loudest - GATE_DB) continue;
      of.powers.forEach((power, band) => (powers[band]! += power));
      frames += of.frames;
    }
    return Float32Array.from(powers, (power) =>
      Math.max(SILENT_SPECTRUM_DB, 10 * Math.log10(power / Math.max(1, frames))),
    );
  }

  private measure(): void {
    const { frame, frameDb } = this;
    let sum = 0;
    for (let n = 0; n < frame.length; n++) sum += frame[n]! ** 2;
    const levelDb = 10 * Math.log10(sum / frame.length);
    if (!(levelDb > SILENT_SPECTRUM_DB)) return;
    const level = Math.min(CLASSES - 1, Math.floor(levelDb - SILENT_SPECTRUM_DB));
    const of = this.classes.get(level) ?? { powers: new Float64Array(SPECTRUM_BANDS), frames: 0 };
    this.classes.set(level, of);
    this.analyser.analyse(frame, 0, frameDb, 0);
    for (let band = 0; band < SPECTRUM_BANDS; band++) of.powers[band]! += dbToPower(frameDb[band]!);
    of.frames += 1;
  }
}
