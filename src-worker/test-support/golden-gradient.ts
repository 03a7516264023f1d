/** The published system's losses and gradients for given settings on 12 s of sound; see `../shared/diffvox-golden`. */
import type { Segment } from '#engine/objective.ts';
import { readNpz } from './npz.ts';
import { sharedPath } from './shared-data.ts';

const WARMUP_SAMPLES = 220_500;

export interface GoldenGradient {
  readonly segment: Segment;
  /** 152 raw values. */
  readonly raw: Float64Array;
  /** Terms in the order mss_lr, mss_ms, mldr_lr, mldr_ms; 152 gradients. */
  readonly expected: Readonly<
    Record<'train' | 'eval', { readonly terms: ArrayLike<number>; readonly gradient: ArrayLike<number> }>
  >;
}

export function goldenGradient(name: string): GoldenGradient {
  const golden = readNpz(sharedPath(`diffvox-golden/grads/${name}.npz`));
  const track = name.includes('Coldwar') ? 'LizNelson_Coldwar' : 'MusicDelta_Country1';
  const audio = readNpz(sharedPath(`diffvox-golden/grads/audio_${track}.npz`));
  const scale = audio.numbers('scale')[0]!;
  const samples = (key: string) => Float32Array.from(audio.get(key).data, (value) => Number(value) * scale);
  const dry = samples('x_i16');
  const wet = samples('y_i16');
  const of = (mode: 'train' | 'eval') => ({
    terms: golden.numbers(`${mode}_terms`),
    gradient: golden.numbers(`${mode}_grad`),
  });
  return {
    segment: {
      dry,
      wet: [wet.subarray(0, dry.length), wet.subarray(dry.length)],
      warmupSamples: WARMUP_SAMPLES,
    },
    raw: Float64Array.of(...golden.numbers('raw'), golden.numbers('log_damp_raw')[0]!),
    expected: { train: of('train'), eval: of('eval') },
  };
}
