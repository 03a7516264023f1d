/** Plays mono sound through a setting of the chain, at any rate, and puts the result where it belongs in time and level. */
import type { Audio } from '#core/signal/audio.ts';
import { shiftInTime } from '#core/signal/fractional-shift.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { requireFinite } from '#engine/finite-output.ts';
import type { RealtimeStage } from '#engine/realtime-chain.ts';
import { resampled } from './audio-files.ts';

export const STAGES = ['eq', 'comp', 'delay', 'fdn', 'final'] as const satisfies readonly RealtimeStage[];
export type Stage = (typeof STAGES)[number];
export const FORMS = ['realtime', 'training'] as const;
export type Form = (typeof FORMS)[number];

export interface Rendering {
  readonly raw: Float64Array;
  readonly form: Form;
  readonly stage: Stage;
  readonly sampleRateHz: number;
  /** Linear, before the chain. */
  readonly inputGain: number;
  /** Linear, after the chain; negative inverts the polarity. */
  readonly outputGain: number;
  /** How much later than the input the output is, in seconds; may be negative. */
  readonly delaySeconds: number;
  /** Length of the result. */
  readonly lengthSamples: number;
}

/**
 * One channel for the stages eq and comp, two for the others, `lengthSamples` long at `sampleRateHz`.
 * Throws UserError('bad-input') for settings whose output is not finite.
 */
export async function renderThroughChain(inputMono: Audio, rendering: Rendering): Promise<Audio> {
  const { raw, form, stage, sampleRateHz, inputGain, outputGain, delaySeconds, lengthSamples } = rendering;
  const chainRateHz = form === 'training' ? FIT_SAMPLE_RATE_HZ : sampleRateHz;
  const { channels: inputChannels } = await resampled(inputMono, chainRateHz);
  const input = inputChannels[0].map((sample) => sample * inputGain);
  // An output that comes early needs sound from beyond its own end.
  const earlySeconds = Math.max(0, -delaySeconds);
  const neededSeconds = lengthSamples / sampleRateHz + earlySeconds;
  const tailSeconds = Math.max(0, neededSeconds - input.length / chainRateHz);

  const processed =
    form === 'training'
      ? await trainingForm(input, tailSeconds, raw, stage)
      : await realtimeForm(input, tailSeconds, raw, stage, sampleRateHz);
  requireFinite(processed, chainRateHz);
  const { channels } = await resampled({ sampleRateHz: chainRateHz, channels: processed }, sampleRateHz);
  return {
    sampleRateHz,
    channels: channels.map((channel) => {
      const placed = shiftInTime(channel, delaySeconds * sampleRateHz, lengthSamples);
      if (outputGain !== 1) for (let n = 0; n < placed.length; n++) placed[n] *= outputGain;
      return placed;
    }),
  };
}

async function trainingForm(
  input: Float32Array,
  tailSeconds: number,
  raw: Float64Array,
  stage: Stage,
): Promise<readonly Float32Array[]> {
  const { renderTraining } = await import('#core/chain/training.ts');
  const padded = new Float32Array(input.length + Math.round(tailSeconds * FIT_SAMPLE_RATE_HZ));
  padded.set(input);
  return renderTraining(padded, raw)[stage];
}

async function realtimeForm(
  input: Float32Array,
  tailSeconds: number,
  raw: Float64Array,
  stage: Stage,
  sampleRateHz: number,
): Promise<readonly Float32Array[]> {
  const [{ renderRealtime }, { loadKernelModule }] = await Promise.all([
    import('#engine/render.ts'),
    import('#engine/kernel-module.ts'),
  ]);
  return renderRealtime(await loadKernelModule(), input, raw, { sampleRateHz, tailSeconds, stage });
}
