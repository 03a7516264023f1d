/** How a pair lies in time and level, before a fit. */
import type { Alignment } from '#core/protocol/engine.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { UNRELATED_PROMINENCE, calibrate, loudnessGain } from '#engine/calibrate.ts';
import type { Job } from './jobs.ts';
import type { Source } from './sources.ts';

/**
 * Whole samples at 44.1 kHz: the rest of a sample can be told from the delay of filters only after a fit.
 * Throws UserError('bad-input') when either is too quiet to measure or they have no time in common.
 */
export async function alignPair(dry: Source, target: Source | null, job: Job): Promise<Alignment> {
  const dryMono = await dry.forFit('dry', job);
  if (!target) {
    const inputGain = loudnessGain(dryMono, 'dry');
    return {
      offsetSeconds: 0,
      polarity: 1,
      correlation: 0,
      isRelated: true,
      inputGain,
      outputGain: 1 / inputGain,
    };
  }
  const wet = await target.forFit('target', job);
  job.progress('Aligning');
  await job.breathe();
  const { calibration, correlation, prominence } = calibrate(dryMono, wet, { align: true, normalise: true });
  return {
    offsetSeconds: calibration.offsetSamples / FIT_SAMPLE_RATE_HZ,
    polarity: calibration.polarity,
    correlation,
    isRelated: prominence >= UNRELATED_PROMINENCE,
    inputGain: calibration.inputGain,
    outputGain: calibration.outputGain,
  };
}
