/** A made-up voice at −18 LUFS and what a chain with known settings makes of it. */
import { CHAIN_PARAMETERS, parameterIndex } from '#core/chain/parameters.ts';
import { Random } from '#core/optimise/random.ts';
import { physicalToRaw } from '#core/parameter.ts';
import type { Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { gainToFitLevel } from '#engine/calibrate.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { renderRealtime } from '#engine/render.ts';
import { openStart } from '#engine/start.ts';
import { madeUpVoice } from './made-up-voice.ts';

export const MADE_UP_SETTINGS: Readonly<Record<string, number>> = {
  'eq.pk1.gain': -4,
  'eq.pk1.freq': 400,
  'eq.hs.gain': 5,
  'eq.hp.freq': 120,
  'comp.threshold': -24,
  'comp.ratio': 3.5,
  'comp.attack': 15,
  'comp.release': 120,
  'comp.makeup': 4,
  'delay.time': 310,
  'delay.feedback': 0.35,
  'delay.gain': 0.2,
};

/** Raw values of the settings above, on an open reverb. */
export function madeUpRaw(): Float64Array {
  const raw = openStart(new Random(99));
  for (const [id, physical] of Object.entries(MADE_UP_SETTINGS)) {
    const index = parameterIndex(id);
    raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, physical);
  }
  return raw;
}

export async function madeUpPair(seconds: number): Promise<{ dry: Audio; wet: Audio }> {
  const untrimmed = madeUpVoice(seconds, 11);
  const gain = gainToFitLevel({ sampleRateHz: FIT_SAMPLE_RATE_HZ, channels: [untrimmed] });
  const voice = untrimmed.map((sample) => gain * sample);
  const channels = renderRealtime(await loadKernelModule(), voice, madeUpRaw(), {
    sampleRateHz: FIT_SAMPLE_RATE_HZ,
  });
  return {
    dry: { sampleRateHz: FIT_SAMPLE_RATE_HZ, channels: [voice] },
    wet: { sampleRateHz: FIT_SAMPLE_RATE_HZ, channels },
  };
}
