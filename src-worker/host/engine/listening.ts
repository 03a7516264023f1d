/** What prepared sound is like by ear: its long-term spectrum and its tempo. */
import type { Output } from '#core/protocol/contract.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import { LongTermSpectrum } from '#engine/long-term-spectrum.ts';
import { TempoFinder } from '#engine/tempo.ts';
import type { CacheFolder } from './cache-folder.ts';
import { Turns, type Job } from './jobs.ts';

/** Throws UserError('bad-input') when the sound is gone. */
export async function spectrumOf(
  id: string,
  cache: CacheFolder,
  job: Job,
): Promise<Output<EngineContract, 'sound.spectrum'>> {
  const { sampleRateHz, lengthSamples } = await cache.require(id);
  const spectrum = new LongTermSpectrum(sampleRateHz);
  const turns = new Turns();
  let done = 0;
  for await (const channels of cache.pieces(id)) {
    await turns.through(spectrum.add(channels));
    done += channels[0]!.length;
    job.progress('Measuring the spectrum', done / lengthSamples);
  }
  return { levelsDb: spectrum.end() };
}

/** Throws as {@link spectrumOf}. */
export async function tempoOf(
  id: string,
  cache: CacheFolder,
  job: Job,
): Promise<Output<EngineContract, 'tempo.detect'>> {
  const { sampleRateHz, lengthSamples } = await cache.require(id);
  const finder = new TempoFinder(sampleRateHz);
  const turns = new Turns();
  let done = 0;
  for await (const channels of cache.pieces(id)) {
    await turns.through(finder.add(channels));
    done += channels[0]!.length;
    job.progress('Finding the tempo', done / lengthSamples);
    if (finder.hasEnough) break;
  }
  return finder.end();
}
