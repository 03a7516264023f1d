/** Spectra of several streams in step, some of which lag others, looked at as often as there is something new. */
import { SPECTRUM_BANDS } from '#core/protocol/audio-frames.ts';
import { SpectrumAnalyser, spectrumPoints } from './spectrum-analyser.ts';

const FRAMES_PER_SECOND = 60;

export class Spectrum {
  private readonly analyser: SpectrumAnalyser;
  private readonly points: number;
  private readonly rings: readonly Float32Array[];
  private readonly size: number;
  private at = 0;
  private isNewAfter: number;
  private readonly hop: number;

  /** `leadSamples`: of each stream, how much earlier than the latest of them it has a moment of the recording. */
  constructor(
    sampleRateHz: number,
    private readonly leadSamples: readonly number[],
  ) {
    this.analyser = new SpectrumAnalyser(sampleRateHz);
    this.points = spectrumPoints(sampleRateHz);
    this.hop = Math.floor(sampleRateHz / FRAMES_PER_SECOND);
    this.isNewAfter = this.hop;
    this.size = 2 ** Math.ceil(Math.log2(this.points + Math.max(...leadSamples)));
    this.rings = leadSamples.map(() => new Float32Array(this.size));
  }

  /** The next samples of a stream: the average of `left` and `right`. {@link advance} comes when all streams have theirs. */
  listen(stream: number, left: Float32Array, right: Float32Array, length: number): void {
    const ring = this.rings[stream]!;
    const last = this.size - 1;
    const { at } = this;
    if (left === right) for (let i = 0; i < length; i++) ring[(at + i) & last] = left[i]!;
    else for (let i = 0; i < length; i++) ring[(at + i) & last] = 0.5 * (left[i]! + right[i]!);
  }

  advance(length: number): void {
    this.at = (this.at + length) & (this.size - 1);
    this.isNewAfter = Math.max(0, this.isNewAfter - length);
  }

  /** All spectra of the same moment, one after another; false if there is nothing new. See SpectrumAnalyser for what they say. */
  take(into: Float32Array): boolean {
    if (this.isNewAfter > 0) return false;
    this.isNewAfter = this.hop;
    for (let stream = 0; stream < this.rings.length; stream++) {
      const start = this.at - this.points - this.leadSamples[stream]!;
      this.analyser.analyse(
        this.rings[stream]!,
        (start + 2 * this.size) & (this.size - 1),
        into,
        stream * SPECTRUM_BANDS,
      );
    }
    return true;
  }

  /** Forgets all sound. */
  reset(): void {
    for (const ring of this.rings) ring.fill(0);
  }
}
