/** Spectra of two streams in step, the second of which lags the first, looked at as often as there is something new. */
import { SPECTRUM_BANDS } from '#core/protocol/audio-frames.ts';
import { SpectrumAnalyser, spectrumPoints } from './spectrum-analyser.ts';

const FRAMES_PER_SECOND = 60;

export class Spectrum {
  private readonly analyser: SpectrumAnalyser;
  private readonly points: number;
  private readonly first: Float32Array;
  private readonly second: Float32Array;
  private at = 0;
  private isNewAfter: number;
  private readonly hop: number;

  constructor(
    sampleRateHz: number,
    private readonly lagSamples: number,
  ) {
    this.analyser = new SpectrumAnalyser(sampleRateHz);
    this.points = spectrumPoints(sampleRateHz);
    this.hop = Math.floor(sampleRateHz / FRAMES_PER_SECOND);
    this.isNewAfter = this.hop;
    const size = 2 ** Math.ceil(Math.log2(this.points + lagSamples));
    this.first = new Float32Array(size);
    this.second = new Float32Array(size);
  }

  /** `second` is the average of `left` and `right`. */
  listen(first: Float32Array, left: Float32Array, right: Float32Array, length: number): void {
    let { at } = this;
    for (let i = 0; i < length; i++) {
      this.first[at] = first[i]!;
      this.second[at] = 0.5 * (left[i]! + right[i]!);
      at = (at + 1) % this.first.length;
    }
    this.at = at;
    this.isNewAfter = Math.max(0, this.isNewAfter - length);
  }

  /** Both spectra of the same moment, one after another; false if there is nothing new. See SpectrumAnalyser for what they say. */
  take(into: Float32Array): boolean {
    if (this.isNewAfter > 0) return false;
    this.isNewAfter = this.hop;
    const size = this.first.length;
    const start = this.at + size - this.points;
    this.analyser.analyse(this.first, (start - this.lagSamples + size) % size, into, 0);
    this.analyser.analyse(this.second, start % size, into, SPECTRUM_BANDS);
    return true;
  }

  /** Forgets all sound. */
  reset(): void {
    this.first.fill(0);
    this.second.fill(0);
  }
}
