/** The JSON report of a fit: everything needed to judge it and to repeat it. */
import manifest from '../../../package.json' with { type: 'json' };
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { presetDocument, type Preset } from '#core/preset/preset.ts';
import { lengthSamples } from '#core/signal/audio.ts';
import type { FitResult } from '#engine/fit.ts';
import type { SoundFile } from './audio-files.ts';
import { fourTerms, type FourTerms } from './terms.ts';

/** The state of the fit at one moment. */
export interface CurvePoint {
  readonly elapsed: number;
  readonly step: number;
  readonly evaluations: number;
  readonly loss: number;
  readonly terms: FourTerms;
}

export interface ReportInputs {
  readonly dry: SoundFile;
  readonly wet: SoundFile;
  readonly result: FitResult;
  readonly preset: Preset;
  readonly curve: readonly CurvePoint[];
  /** Absent if the fit ended before it could say. */
  readonly termsBefore: FourTerms | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

const describeSound = (sound: SoundFile): object => ({
  file: sound.path,
  format: sound.format,
  sample_rate: sound.sampleRateHz,
  channels: sound.channels.length,
  duration: lengthSamples(sound) / sound.sampleRateHz,
});

/** Physical values by effect: {eq: {"pk1.gain": {value, unit}}}. */
function valuesByEffect(preset: Preset): object {
  const { parameters } = presetDocument(preset);
  const effects: Record<string, Record<string, unknown>> = {};
  for (const { id } of CHAIN_PARAMETERS) {
    const [effect, ...rest] = id.split('.');
    (effects[effect] ??= {})[rest.join('.') || effect] = parameters[id];
  }
  return effects;
}

/** The text of the report. */
export function buildReport(inputs: ReportInputs): string {
  const { dry, wet, result, preset, curve, termsBefore, options } = inputs;
  return `${JSON.stringify(
    {
      format: 'voxfit-report',
      version: 1,
      voxfit: manifest.version,
      date: preset.fit?.date,
      inputs: { dry: describeSound(dry), wet: describeSound(wet) },
      options,
      backend: { used: result.use.backend, note: result.use.sentence },
      stopped: result.stopped,
      steps: result.steps,
      evaluations: result.evaluations,
      elapsed: result.elapsed,
      loss: { before: result.initialLoss, after: result.loss },
      terms: { before: termsBefore ?? null, after: fourTerms(result.terms) },
      calibration: preset.calibration,
      correlation: result.correlation,
      warnings: result.warnings,
      curve,
      effects: valuesByEffect(preset),
    },
    null,
    2,
  )}\n`;
}
