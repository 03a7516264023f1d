/**
 * The demo session's files: a dry vocal, its finished version, the session that opens both, and the settings that made
 * the finished version.
 */
import { resample } from '#audio/resample.ts';
import { encodeWav } from '#audio/wav.ts';
import { formatPreset } from '#core/preset/preset.ts';
import { newDocument } from '#core/session/document.ts';
import { formatSession, type StoredSource } from '#core/session/session-file.ts';
import { lengthSamples, type Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ, dbToGain } from '#core/units.ts';
import { gainToFitLevel } from '#engine/calibrate.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { renderRealtime } from '#engine/render.ts';
import { demoRaw } from './settings.ts';
import { singDemo } from './voice.ts';

export const DRY_NAME = 'Demo vocal (dry).wav';
export const FINISHED_NAME = 'Demo vocal (finished).wav';
export const SESSION_NAME = 'demo.voxfit';
export const SETTINGS_NAME = 'demo-settings.json';

/** Level of the finished version's highest sample. */
const FINISHED_PEAK_DB = -1;

/** What one of the files is called, and its bytes. */
export interface DemoFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The vocal through the chain, and the gains before and after it. The chain runs at the rate at which fits run, because
 * the reverb's echoes fall on whole samples: at another rate they lie elsewhere, and no setting would give quite this.
 */
async function finish(dry: Audio, raw: Float64Array) {
  const atFitRate = await resample(dry, FIT_SAMPLE_RATE_HZ);
  const inputGain = gainToFitLevel(atFitRate);
  const input = atFitRate.channels[0]!.map((sample) => inputGain * sample);
  const rendered = await resample(
    {
      sampleRateHz: FIT_SAMPLE_RATE_HZ,
      channels: renderRealtime(await loadKernelModule(), input, raw, { sampleRateHz: FIT_SAMPLE_RATE_HZ }),
    },
    dry.sampleRateHz,
  );
  let peak = 0;
  for (const channel of rendered.channels)
    for (const sample of channel) peak = Math.max(peak, Math.abs(sample));
  const outputGain = dbToGain(FINISHED_PEAK_DB) / peak;
  const channels = rendered.channels.map((channel) =>
    channel.subarray(0, lengthSamples(dry)).map((sample) => outputGain * sample),
  );
  return { finished: { sampleRateHz: dry.sampleRateHz, channels }, inputGain, outputGain };
}

/** Makes the four files; the same every time. Needs the built kernels. */
export async function demoFiles(): Promise<DemoFile[]> {
  const dry = await singDemo();
  const raw = demoRaw();
  const { finished, inputGain, outputGain } = await finish(dry, raw);
  const dryFile: DemoFile = { name: DRY_NAME, bytes: encodeWav(dry, '16') };
  const finishedFile: DemoFile = { name: FINISHED_NAME, bytes: encodeWav(finished, '16', { seed: 2 }) };
  // Only the way from the session's own folder is known: where that folder will be is not.
  const source = ({ name, bytes }: DemoFile): StoredSource => ({
    path: name,
    relative: name,
    name,
    sizeBytes: bytes.length,
  });
  const session = formatSession({
    ...newDocument('Demo'),
    sources: { dry: source(dryFile), target: source(finishedFile) },
  });
  const preset = formatPreset({
    name: 'Demo vocal (finished)',
    raw,
    calibration: {
      inputGain,
      outputGain,
      offsetSamples: 0,
      polarity: 1,
      wetSampleRateHz: finished.sampleRateHz,
      wetLengthSamples: lengthSamples(finished),
    },
  });
  const text = (name: string, content: string): DemoFile => ({
    name,
    bytes: new TextEncoder().encode(content),
  });
  return [dryFile, finishedFile, text(SESSION_NAME, session), text(SETTINGS_NAME, preset)];
}
