/**
 * The tempo of a recording, from the spacing of its onsets.
 *
 *   novelty    o[t] = mean_b max(0, L_b[t] − max(L_b−1…b+1[t − 2]))            rises of 36 bands in dB, frames of 10 ms
 *              (spectral flux that lets pitch move: Böck & Widmer, SuperFlux, DAFx 2013), less its mean over ±½ s, ≥ 0
 *   likeness   r(τ) = Σ_t o[t] o[t + τ] / Σ_t o[t]²   of the novelty without its mean, per product
 *   tempo      the period τ of 60..200 BPM with the largest  w(τ) · (mean_k r(kτ) − 0.15 b(τ)),  k = 1..4, w log-normal
 *              around 105 BPM; then made precise by the farthest multiple that still repeats
 *
 * b is what repeats between the beats, at halves (mean_k r((k − ½)τ)) or at thirds: it tells a beat from every second or
 * third one. Combs after Scheirer (JASA 1998). The sound should be a minute or longer; from a few seconds on it is tried.
 */
import { realFft, type RealFft } from '#core/signal/fft.ts';

const FRAME_SECONDS = 0.01;
const WINDOW_SECONDS = 0.023;
const BANDS = 36;
const LOWEST_HZ = 80;
const HIGHEST_HZ = 10_000;
/** Below the loudest band so far a level is none. */
const RANGE_DB = 60;
/** A rise is over this many frames. */
const RISE_FRAMES = 2;
const MEAN_FRAMES = 50;

export const SLOWEST_BPM = 60;
export const FASTEST_BPM = 200;
const USUAL_BPM = 105;
/** Standard deviation of the prior, in octaves. */
const PRIOR_OCTAVES = 0.75;
const STEPS_PER_OCTAVE = 240;
const COMB = 4;
/** How much less a period counts for what repeats between. */
const BETWEEN = 0.15;
/** The farthest multiple of the period that makes it precise. */
const FARTHEST = 16;
/** The novelty of something that has onsets at all reaches this, in dB. */
const LEAST_RISE_DB = 1.5;
/** At least so alike is what repeats; and so many times more than chance makes it. */
const LEAST_CONFIDENCE = 0.12;
const CHANCES = 4;
/** What comes after this does not change the tempo any more. */
const LONGEST_SECONDS = 300;
const SHORTEST_SECONDS = 4;

export interface Tempo {
  /** Null where nothing repeats. */
  readonly bpm: number | null;
  /** How alike the sound is to itself a beat later, 0..1. */
  readonly confidence: number;
}

const NONE: Tempo = { bpm: null, confidence: 0 };

export class TempoFinder {
  private readonly hop: number;
  private readonly transform: RealFft;
  private readonly window: Float64Array;
  private readonly windowed: Float64Array;
  private readonly re: Float64Array;
  private readonly im: Float64Array;
  private readonly frame: Float32Array;
  private filled = 0;
  /** First bin of each band, and the end of the last. */
  private readonly edges: Int32Array;
  /** Levels of the last frames, RISE_FRAMES + 1 of them, a ring. */
  private readonly levelsDb: readonly Float64Array[];
  private frames = 0;
  private loudestDb = -Infinity;
  private readonly rises: number[] = [];

  constructor(private readonly sampleRateHz: number) {
    this.hop = Math.round(FRAME_SECONDS * sampleRateHz);
    const points = 2 ** Math.round(Math.log2(WINDOW_SECONDS * sampleRateHz));
    this.transform = realFft(points);
    const { bins } = this.transform;
    this.window = Float64Array.from(
      { length: points },
      (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / points),
    );
    this.windowed = new Float64Array(points);
    this.re = new Float64Array(bins);
    this.im = new Float64Array(bins);
    this.frame = new Float32Array(points);
    this.edges = bandEdges(points, sampleRateHz, bins);
    const bands = this.edges.length - 1;
    this.levelsDb = Array.from({ length: RISE_FRAMES + 1 }, () => new Float64Array(bands));
  }

  /** More would not change the tempo. */
  get hasEnough(): boolean {
    return this.rises.length >= LONGEST_SECONDS / this.frameSeconds;
  }

  private get frameSeconds(): number {
    return this.hop / this.sampleRateHz;
  }

  /** The next samples: the average of `channels`. Yields often, so that others get their turn. */
  *add(channels: readonly Float32Array[]): Generator<undefined> {
    const { frame, hop } = this;
    const { length } = channels[0]!;
    for (let n = 0; n < length && !this.hasEnough; n++) {
      let sum = 0;
      for (const channel of channels) sum += channel[n]!;
      frame[this.filled++] = sum / channels.length;
      if (this.filled < frame.length) continue;
      this.measureRise();
      frame.copyWithin(0, hop);
      this.filled -= hop;
      yield;
    }
  }

  private measureRise(): void {
    const { frame, window, windowed, re, im, edges, levelsDb } = this;
    for (let n = 0; n < frame.length; n++) windowed[n] = window[n]! * frame[n]!;
    this.transform.forward(windowed, re, im);
    const now = levelsDb[this.frames % levelsDb.length]!;
    for (let band = 0; band < now.length; band++) {
      let power = 0;
      for (let k = edges[band]!; k < edges[band + 1]!; k++) power += re[k]! ** 2 + im[k]! ** 2;
      now[band] = 10 * Math.log10(power);
      this.loudestDb = Math.max(this.loudestDb, now[band]!);
    }
    this.frames += 1;
    if (this.frames < levelsDb.length) return;
    const before = levelsDb[this.frames % levelsDb.length]!;
    const floor = this.loudestDb - RANGE_DB;
    let rise = 0;
    for (let band = 0; band < now.length; band++) {
      const neighbours = Math.max(before[band - 1] ?? floor, before[band]!, before[band + 1] ?? floor, floor);
      rise += Math.max(0, now[band]! - neighbours);
    }
    // Levels of −Infinity are silence.
    this.rises.push(Number.isFinite(rise) ? rise / now.length : 0);
  }

  /** Of all that has come. */
  end(): Tempo {
    const { frameSeconds } = this;
    if (this.rises.length * frameSeconds < SHORTEST_SECONDS) return NONE;
    const novelty = withoutLocalMean(Float64Array.from(this.rises));
    if (novelty.reduce((max, rise) => Math.max(max, rise), 0) < LEAST_RISE_DB) return NONE;
    const slowest = 60 / SLOWEST_BPM / frameSeconds;
    const reach = Math.min(Math.ceil(FARTHEST * slowest) + 2, Math.floor(novelty.length / 2));
    const likeness = autocorrelation(novelty, reach);
    const at = (lag: number): number => {
      const below = Math.floor(lag);
      const after = likeness[below + 1];
      return after === undefined ? NaN : likeness[below]! + (lag - below) * (after - likeness[below]!);
    };
    let best = { score: 0, lag: 0, comb: 0 };
    const steps = Math.ceil(Math.log2(FASTEST_BPM / SLOWEST_BPM) * STEPS_PER_OCTAVE);
    for (let step = 0; step <= steps; step++) {
      const bpm = SLOWEST_BPM * (FASTEST_BPM / SLOWEST_BPM) ** (step / steps);
      const lag = 60 / bpm / frameSeconds;
      const comb = meanOf((k) => at(k * lag));
      const halves = meanOf((k) => Math.max(0, at((k - 0.5) * lag)));
      const thirds = meanOf((k) => Math.max(0, Math.min(at((k - 2 / 3) * lag), at((k - 1 / 3) * lag))));
      const between = Math.max(halves, thirds);
      const octaves = Math.log2(bpm / USUAL_BPM) / PRIOR_OCTAVES;
      const score = Math.exp(-0.5 * octaves ** 2) * (comb - BETWEEN * between);
      if (score > best.score) best = { score, lag, comb };
    }
    const confidence = Math.max(0, Math.min(1, best.comb));
    const chance = CHANCES / Math.sqrt(COMB * novelty.length);
    if (best.score === 0 || confidence < Math.max(LEAST_CONFIDENCE, chance)) return { bpm: null, confidence };
    return { bpm: 60 / (frameSeconds * preciseLag(likeness, best.lag)), confidence };
  }
}

function bandEdges(points: number, sampleRateHz: number, bins: number): Int32Array {
  const ratio = HIGHEST_HZ / LOWEST_HZ;
  const edges = new Set<number>();
  for (let band = 0; band <= BANDS; band++) {
    const bin = Math.round((LOWEST_HZ * ratio ** (band / BANDS) * points) / sampleRateHz);
    if (bin < bins) edges.add(bin);
  }
  return Int32Array.from(edges);
}

/** What stands out of the mean of ±MEAN_FRAMES, smoothed over three frames. */
function withoutLocalMean(rises: Float64Array): Float64Array {
  const sums = new Float64Array(rises.length + 1);
  rises.forEach((rise, t) => (sums[t + 1] = sums[t]! + rise));
  const above = rises.map((rise, t) => {
    const from = Math.max(0, t - MEAN_FRAMES);
    const to = Math.min(rises.length, t + MEAN_FRAMES + 1);
    return Math.max(0, rise - (sums[to]! - sums[from]!) / (to - from));
  });
  return above.map((_, t) => 0.25 * (above[t - 1] ?? 0) + 0.5 * above[t]! + 0.25 * (above[t + 1] ?? 0));
}

/** r(0..reach), 1 at 0; 0 throughout for a constant. */
function autocorrelation(novelty: Float64Array, reach: number): Float64Array {
  const mean = novelty.reduce((sum, rise) => sum + rise, 0) / novelty.length;
  const x = novelty.map((rise) => rise - mean);
  const r = Float64Array.from({ length: reach + 1 }, (_, lag) => {
    let sum = 0;
    for (let t = lag; t < x.length; t++) sum += x[t]! * x[t - lag]!;
    return sum / (x.length - lag);
  });
  const power = r[0]!;
  return r.map((value) => (power > 0 ? value / power : 0));
}

/** Over k = 1..COMB, as far as there is a value. */
function meanOf(value: (k: number) => number): number {
  let sum = 0;
  let count = 0;
  for (let k = 1; k <= COMB; k++) {
    const each = value(k);
    if (Number.isNaN(each)) continue;
    sum += each;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}

/** The period near `lag`, from the tops near its multiples, each looked for where the one before says. */
function preciseLag(likeness: Float64Array, lag: number): number {
  let precise = lag;
  const least = 0.5 * Math.max(...nearTop(likeness, lag, 1).slice(1));
  for (let k = 1; k <= FARTHEST; k++) {
    const [top, height] = nearTop(likeness, precise * k, k);
    if (!(height > least)) break;
    precise = top / k;
  }
  return precise;
}

/** Where the largest value within 4 % of the period around `lag` is, between frames, and how large. */
function nearTop(likeness: Float64Array, lag: number, k: number): [number, number] {
  const reach = Math.max(2, Math.round(0.04 * (lag / k)));
  const centre = Math.round(lag);
  let top = -1;
  for (let t = Math.max(1, centre - reach); t <= Math.min(likeness.length - 2, centre + reach); t++)
    if (top < 0 || likeness[t]! > likeness[top]!) top = t;
  if (top < 0) return [lag, NaN];
  const [before, here, after] = [likeness[top - 1]!, likeness[top]!, likeness[top + 1]!];
  const bend = before - 2 * here + after;
  const shift = bend < 0 ? Math.max(-0.5, Math.min(0.5, (0.5 * (before - after)) / bend)) : 0;
  return [top + shift, here];
}
