/** Smallest and largest samples of every stretch of sound, in levels from fine to coarse, for drawing it at any zoom. */
import type { Peaks } from '#core/protocol/engine.ts';

const FINEST_SAMPLES = 64;
const LEVEL_RATIO = 4;
/** The coarsest level has fewer stretches than this, about the pixels of a window. */
const FEW_STRETCHES = 2000;

interface Level {
  readonly samplesPerPeak: number;
  readonly data: Float32Array[];
}

/** Each min, max pair of the result covers LEVEL_RATIO pairs of `finer`; the last one may cover fewer. */
function coarser(finer: Float32Array): Float32Array {
  const stretches = finer.length / 2;
  const coarse = new Float32Array(2 * Math.ceil(stretches / LEVEL_RATIO));
  for (let i = 0; i < stretches; i++) {
    const place = 2 * Math.floor(i / LEVEL_RATIO);
    const isFirst = i % LEVEL_RATIO === 0;
    const [least, most] = [finer[2 * i]!, finer[2 * i + 1]!];
    if (isFirst || least < coarse[place]!) coarse[place] = least;
    if (isFirst || most > coarse[place + 1]!) coarse[place + 1] = most;
  }
  return coarse;
}

/** Takes sound of a known length piece by piece. */
export class PeaksBuilder {
  private readonly finest: Float32Array[];
  private done = 0;

  constructor(
    private readonly channels: number,
    private readonly lengthSamples: number,
  ) {
    const stretches = Math.ceil(lengthSamples / FINEST_SAMPLES);
    this.finest = Array.from({ length: channels }, () => new Float32Array(2 * stretches));
  }

  add(piece: readonly Float32Array[]): void {
    const length = piece[0]!.length;
    this.finest.forEach((peaks, c) => {
      const x = piece[c]!;
      for (let n = 0; n < length; n++) {
        const place = this.done + n;
        const at = 2 * Math.floor(place / FINEST_SAMPLES);
        const isFirst = place % FINEST_SAMPLES === 0;
        const sample = x[n]!;
        if (isFirst || sample < peaks[at]!) peaks[at] = sample;
        if (isFirst || sample > peaks[at + 1]!) peaks[at + 1] = sample;
      }
    });
    this.done += length;
  }

  end(): Peaks {
    const levels: Level[] = [{ samplesPerPeak: FINEST_SAMPLES, data: this.finest }];
    for (let last = levels[0]!; last.data[0]!.length / 2 >= FEW_STRETCHES; levels.push(last))
      last = { samplesPerPeak: LEVEL_RATIO * last.samplesPerPeak, data: last.data.map(coarser) };
    return { channels: this.channels, lengthSamples: this.lengthSamples, levels };
  }
}
