/** The processed sound as a wav file: what is heard, sample by sample, unless a loudness is asked for. */
import { basename } from 'node:path';
import { WavEncoder, wavHeader } from '#audio/wav.ts';
import { writeFileAtomically } from '#audio/write-file.ts';
import { UserError } from '#core/errors.ts';
import type { Output, ParsedInput } from '#core/protocol/contract.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import { dbToGain } from '#core/units.ts';
import type { CacheFolder } from './cache-folder.ts';
import type { Job } from './jobs.ts';
import { prepareDry } from './playback.ts';
import { LevelReading, playThrough, type Playing } from './processed.ts';
import type { Source } from './sources.ts';

type ExportRequest = Omit<ParsedInput<EngineContract, 'export.wav'>, 'job' | 'dry' | 'file'>;

/** Throws UserError('bad-input') for settings or sound that cannot be exported so, 'output' when it cannot be written. */
export async function exportWav(
  dry: Source,
  path: string,
  { depth, tailSeconds, lufs, outputGain, ...request }: ExportRequest,
  cache: CacheFolder,
  job: Job,
): Promise<Output<EngineContract, 'export.wav'>> {
  const { sampleRateHz } = request;
  const input = await prepareDry(dry, sampleRateHz, cache, job);
  const tailSamples = Math.round(tailSeconds * sampleRateHz);
  const lengthSamples = input.lengthSamples + tailSamples;
  const playing = (gain: number): Playing => ({ ...request, outputGain: gain, tailSamples });
  const text = `Writing ${basename(path)}`;

  let gain = outputGain;
  if (lufs !== null) {
    const levels = new LevelReading(sampleRateHz);
    let done = 0;
    for await (const piece of playThrough(input.cache, playing(outputGain), cache, job)) {
      levels.add(piece);
      done += piece[0]!.length;
      job.progress('Measuring the loudness', done / lengthSamples);
    }
    const measured = levels.end().lufs;
    if (measured === null)
      throw new UserError(
        'bad-input',
        `The result is too quiet or too short to be brought to ${lufs} LUFS; export it as it is heard.`,
      );
    gain *= dbToGain(lufs - measured);
  }

  const shape = { depth, sampleRateHz, channelCount: 2, lengthSamples };
  const encoder = new WavEncoder(shape);
  const levels = new LevelReading(sampleRateHz);
  async function* file(): AsyncGenerator<Uint8Array> {
    yield wavHeader(shape);
    let done = 0;
    for await (const piece of playThrough(input.cache, playing(gain), cache, job)) {
      levels.add(piece);
      done += piece[0]!.length;
      job.progress(text, done / lengthSamples);
      yield encoder.encode(piece);
    }
    yield encoder.end();
  }
  await writeFileAtomically(path, file());
  return {
    name: basename(path),
    seconds: lengthSamples / sampleRateHz,
    ...levels.end(),
    clippedSamples: encoder.clippedSamples,
  };
}
