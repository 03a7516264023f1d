import { describe, expect, it } from 'vitest';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { noise, voice } from '../test-support/made-up-signals.ts';
import { delayCandidates } from './delay-candidates.ts';
import type { Segment } from './objective.ts';

interface Echo {
  readonly ms: number;
  readonly gain: number;
  readonly channel?: 0 | 1;
}

function segment(dry: Float32Array, ...echoes: readonly Echo[]): Segment {
  const wet = [dry.slice(), dry.slice()] as const;
  for (const { ms, gain, channel } of echoes) {
    const delay = Math.round((ms * FIT_SAMPLE_RATE_HZ) / 1000);
    wet.forEach((samples, c) => {
      if (channel === undefined || channel === c)
        for (let n = delay; n < dry.length; n++) samples[n]! += gain * dry[n - delay]!;
    });
  }
  return { dry, wet, warmupSamples: 0 };
}

/** The same with a reverb of noise behind everything. */
function blurred(one: Segment, seed: number): Segment {
  const wet = one.wet.map((channel, c) => {
    const out = channel.slice();
    const taps = noise(300, seed + c, 0.02);
    const places = noise(300, seed + c + 7).map((v) =>
      Math.round((0.5 + 0.5 * v) * 0.6 * FIT_SAMPLE_RATE_HZ),
    );
    taps.forEach((tap, i) => {
      const gain = tap * Math.exp((-5 * places[i]!) / FIT_SAMPLE_RATE_HZ);
      for (let n = places[i]!; n < out.length; n++) out[n]! += gain * channel[n - places[i]!]!;
    });
    return out;
  }) as [Float32Array, Float32Array];
  return { ...one, wet };
}

describe('delay candidates', () => {
  it.each([[333], [118], [250], [505.5], [980]])('begin with the echo of a voice at %f ms', (ms) => {
    const [first] = delayCandidates([segment(voice(5, 1), { ms, gain: 0.3 })]);
    expect(Math.abs(first! - ms)).toBeLessThan(0.1);
  });

  it('find a quiet echo on one side under a reverb', () => {
    const one = blurred(segment(voice(5, 2), { ms: 333, gain: 0.25, channel: 1 }), 5);
    expect(Math.abs(delayCandidates([one])[0]! - 333)).toBeLessThan(0.1);
  });

  it('name several echoes, the stronger first', () => {
    const times = delayCandidates([
      segment(voice(5, 3), { ms: 320, gain: 0.4, channel: 0 }, { ms: 480, gain: 0.2, channel: 1 }),
    ]);
    expect(Math.abs(times[0]! - 320)).toBeLessThan(0.1);
    expect(Math.abs(times[1]! - 480)).toBeLessThan(0.1);
  });

  it('leave out the repeats of an echo', () => {
    const repeats = [310, 620, 930].map((ms, i) => ({ ms, gain: 0.4 / 2 ** i, channel: (i % 2) as 0 | 1 }));
    const times = delayCandidates([segment(voice(5, 3), ...repeats)]);
    expect(Math.abs(times[0]! - 310)).toBeLessThan(0.1);
    expect(times.filter((ms) => Math.abs(ms - 620) < 10 || Math.abs(ms - 930) < 10)).toEqual([]);
  });

  it('are none when there is nothing to hear', () => {
    expect(delayCandidates([segment(new Float32Array(FIT_SAMPLE_RATE_HZ))])).toEqual([]);
  });

  it('take all segments into account', () => {
    const times = delayCandidates([segment(voice(4, 11)), segment(voice(4, 4), { ms: 275, gain: 0.3 })]);
    expect(Math.abs(times[0]! - 275)).toBeLessThan(0.1);
  });

  it.each<[string, Segment[]]>([
    ['an echo', [segment(voice(4, 5), { ms: 333, gain: 0.4 })]],
    ['no echo', [segment(voice(4, 6))]],
    [
      'many echoes',
      [segment(voice(4, 7), ...[150, 222, 333, 475, 610, 805].map((ms) => ({ ms, gain: 0.3 })))],
    ],
    ['unrelated noise', [{ ...segment(voice(4, 8)), wet: [noise(176_400, 9), noise(176_400, 10)] }]],
  ])('are four times of the delay’s range at most with %s', (_, segments) => {
    const times = delayCandidates(segments);
    expect(times.length).toBeLessThanOrEqual(4);
    for (const ms of times) expect(ms > 100 && ms < 1000, `${ms} ms`).toBe(true);
  });
});
