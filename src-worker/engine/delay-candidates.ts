/** Delay times worth starting from: peaks of the regularised impulse response between dry and wet. */
import { realFft } from '#core/signal/fft.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import type { Segment } from './objective.ts';

const SHORTEST_MS = 110;
const LONGEST_MS = 990;
/** The response's energy is smoothed over this, and compared with its surroundings of that. */
const SMOOTHING_MS = 4;
const SURROUNDINGS_MS = 120;
/** Within a peak the echo itself is looked for at this width: a fit's loss has a narrow valley there, and many beside it. */
const ECHO_MS = 0.2;
const MIN_PROMINENCE = 2.5;
const MIN_SPACING_MS = 25;
const MAX_SEGMENTS = 4;
/** Part of the dry spectrum's mean power added to its power before dividing. */
const REGULARISATION = 0.01;
const MAX_CANDIDATES = 4;

/** Energy of the impulse response from dry to both wet channels, at lags 0..longest in samples. */
function responseEnergy(segments: readonly Segment[], longest: number): Float64Array {
  const energy = new Float64Array(longest);
  let points = 1024;
  const length = Math.max(...segments.map(({ dry }) => dry.length));
  while (points < length + longest) points *= 2;
  const fft = realFft(points);
  const spectrum = () => [new Float64Array(fft.bins), new Float64Array(fft.bins)] as const;
  const buffer = new Float64Array(points);
  const transform = (samples: Float32Array, [re, im]: readonly [Float64Array, Float64Array]) => {
    buffer.fill(0);
    buffer.set(samples);
    fft.forward(buffer, re, im);
  };
  const dry = spectrum();
  const wet = spectrum();
  for (const segment of segments) {
    transform(segment.dry, dry);
    let power = 0;
    for (let k = 0; k < fft.bins; k++) power += dry[0][k]! ** 2 + dry[1][k]! ** 2;
    if (power === 0) continue;
    const floor = (REGULARISATION * power) / fft.bins;
    for (const channel of segment.wet) {
      transform(channel, wet);
      for (let k = 0; k < fft.bins; k++) {
        const [xr, xi, yr, yi] = [dry[0][k]!, dry[1][k]!, wet[0][k]!, wet[1][k]!];
        const scale = 1 / (xr * xr + xi * xi + floor);
        wet[0][k] = (yr * xr + yi * xi) * scale;
        wet[1][k] = (yi * xr - yr * xi) * scale;
      }
      fft.inverse(wet[0], wet[1], buffer);
      for (let n = 0; n < longest; n++) energy[n]! += buffer[n]! ** 2;
    }
  }
  return energy;
}

const samples = (ms: number): number => Math.round((ms * FIT_SAMPLE_RATE_HZ) / 1000);

/** Whether an echo after `ms` is one after `first`, or its second or later repeat. */
function isRepeatOf(ms: number, first: number): boolean {
  return Math.abs(ms - first * Math.max(1, Math.round(ms / first))) < MIN_SPACING_MS;
}

/** Up to four delay times in ms, the most prominent first, an echo's own repeats left out; none where nothing stands out. */
export function delayCandidates(segments: readonly Segment[]): number[] {
  const longest = samples(LONGEST_MS + SURROUNDINGS_MS);
  const chosen = segments.slice(0, MAX_SEGMENTS);
  const energy = responseEnergy(chosen, longest);
  const sums = new Float64Array(longest + 1);
  energy.forEach((value, n) => (sums[n + 1] = sums[n]! + value));
  const mean = (centre: number, width: number) => {
    const from = Math.max(0, centre - (width >> 1));
    const to = Math.min(longest, centre + (width >> 1) + 1);
    return (sums[to]! - sums[from]!) / (to - from);
  };
  const peaks: { ms: number; prominence: number }[] = [];
  const step = samples(SMOOTHING_MS) >> 1;
  for (let n = samples(SHORTEST_MS); n < samples(LONGEST_MS); n += step) {
    const prominence = mean(n, samples(SMOOTHING_MS)) / Math.max(1e-30, mean(n, samples(SURROUNDINGS_MS)));
    if (prominence >= MIN_PROMINENCE) peaks.push({ ms: (n * 1000) / FIT_SAMPLE_RATE_HZ, prominence });
  }
  peaks.sort((a, b) => b.prominence - a.prominence);
  const times: number[] = [];
  for (const { ms } of peaks)
    if (times.length < MAX_CANDIDATES && times.every((other) => !isRepeatOf(ms, other))) times.push(ms);
  return times.map(echoNear);

  function echoNear(ms: number): number {
    let strongest = samples(ms);
    for (let n = samples(ms - SMOOTHING_MS); n <= samples(ms + SMOOTHING_MS); n++)
      if (mean(n, samples(ECHO_MS)) > mean(strongest, samples(ECHO_MS))) strongest = n;
    return (strongest * 1000) / FIT_SAMPLE_RATE_HZ;
  }
}
