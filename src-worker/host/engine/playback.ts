/** Sound for listening: both sources at the session's rate on the dry's timeline, in files that the audio process reads. */
import { UserError } from '#core/errors.ts';
import { integratedLufs } from '#core/loudness/index.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import type { Prepared } from '#core/protocol/engine.ts';
import type { Output, ParsedInput } from '#core/protocol/contract.ts';
import { shiftInTime } from '#core/signal/fractional-shift.ts';
import { cacheIdOf, type CacheFolder, type PreparedFacts } from './cache-folder.ts';
import type { Job } from './jobs.ts';
import { PeaksBuilder } from './peaks.ts';
import type { Source } from './sources.ts';

const PIECE_SAMPLES = 1 << 16;
/** More than the reach of the filter that shifts by parts of a sample. */
const SHIFT_MARGIN_SAMPLES = 64;

type PrepareRequest = Omit<ParsedInput<EngineContract, 'playback.prepare'>, 'job' | 'dry' | 'target'>;

/** The dry as the chain plays it, mono, at a rate; from the cache where it is there. */
export async function prepareDry(
  dry: Source,
  sampleRateHz: number,
  cache: CacheFolder,
  job: Job,
): Promise<Prepared> {
  return prepared(cacheIdOf('dry', dry.id, sampleRateHz), sampleRateHz, cache, job, async () => {
    const { channels } = await dry.at('dry', sampleRateHz, job);
    return channels;
  });
}

/** Throws UserError('bad-input') when the target lies wholly before the dry, 'output' when the disk is full. */
export async function prepareTarget(
  target: Source,
  { sampleRateHz, offsetSeconds, polarity }: PrepareRequest,
  cache: CacheFolder,
  job: Job,
): Promise<Prepared> {
  const id = cacheIdOf('target', target.id, sampleRateHz, offsetSeconds, polarity);
  return prepared(id, sampleRateHz, cache, job, async () => {
    const { channels } = await target.at('target', sampleRateHz, job);
    const delay = -offsetSeconds * sampleRateHz;
    const length = Math.ceil(channels[0]!.length + delay - 1e-6);
    if (length <= 0)
      throw new UserError(
        'bad-input',
        `With an offset of ${offsetSeconds.toFixed(3)} s nothing of “${target.name}” is left beside the dry.`,
      );
    const placed: Float32Array[] = [];
    for (const channel of channels) placed.push(await shifted(channel, delay, length, polarity, job));
    return placed;
  });
}

/** {@link shiftInTime} piece by piece. */
async function shifted(
  input: Float32Array,
  delaySamples: number,
  lengthSamples: number,
  gain: number,
  job: Job,
): Promise<Float32Array> {
  const output = new Float32Array(lengthSamples);
  for (let start = 0; start < lengthSamples; start += PIECE_SAMPLES) {
    const length = Math.min(PIECE_SAMPLES, lengthSamples - start);
    const from = Math.max(0, Math.floor(start - delaySamples) - SHIFT_MARGIN_SAMPLES);
    const to = Math.max(from, Math.ceil(start + length - delaySamples) + SHIFT_MARGIN_SAMPLES);
    const piece = shiftInTime(input.subarray(from, to), delaySamples + from - start, length);
    for (let n = 0; n < length; n++) output[start + n] = gain * piece[n]!;
    job.progress('Moving the target into place', (start + length) / lengthSamples);
    await job.breathe();
  }
  return output;
}

async function prepared(
  cache: string,
  sampleRateHz: number,
  folder: CacheFolder,
  job: Job,
  make: () => Promise<readonly Float32Array[]>,
): Promise<Prepared> {
  const known = await folder.find(cache);
  if (known) return described(cache, known);
  const channels = await make();
  const lengthSamples = channels[0]!.length;
  const peaks = new PeaksBuilder(channels.length, lengthSamples);
  for (let start = 0; start < lengthSamples; start += PIECE_SAMPLES) {
    peaks.add(channels.map((channel) => channel.subarray(start, start + PIECE_SAMPLES)));
    await job.breathe();
  }
  const lufs = integratedLufs({ sampleRateHz, channels });
  const facts: PreparedFacts = {
    sampleRateHz,
    channels: channels.length,
    lengthSamples,
    peaks: peaks.end(),
    lufs: Number.isFinite(lufs) ? lufs : null,
  };
  await folder.write(cache, planar(channels, job), facts);
  return described(cache, facts);
}

const described = (cache: string, { channels, lengthSamples, peaks, lufs }: PreparedFacts): Prepared => ({
  cache,
  channels,
  lengthSamples,
  peaks,
  lufs,
});

async function* planar(channels: readonly Float32Array[], job: Job): AsyncGenerator<Uint8Array> {
  for (const [c, channel] of channels.entries())
    for (let start = 0; start < channel.length; start += PIECE_SAMPLES) {
      const piece = channel.subarray(start, start + PIECE_SAMPLES);
      yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
      job.progress('Preparing playback', (c + start / channel.length) / channels.length);
      await job.breathe();
    }
}

const MAX_SAMPLES = 2 ** 20;

/** Throws UserError('usage') for more than the contract allows at once. */
export async function samplesOf(
  { cache, from, to }: ParsedInput<EngineContract, 'playback.samples'>,
  folder: CacheFolder,
): Promise<Output<EngineContract, 'playback.samples'>> {
  if (to - from > MAX_SAMPLES)
    throw new UserError('usage', `At most ${MAX_SAMPLES} samples can be had at once.`);
  return { channels: await folder.samples(cache, from, to) };
}
