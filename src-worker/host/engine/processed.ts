/** The chain's output without keeping it: for its waveform and loudness, and on its way into a file. */
import { LoudnessMeter } from '#engine/stream/loudness-meter.ts';
import { TruePeakMeter } from '#core/loudness/index.ts';
import type { Output, ParsedInput } from '#core/protocol/contract.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import type { Bypassable } from '#core/protocol/schemas.ts';
import { gainToDb } from '#core/units.ts';
import { ChainDesigner } from '#engine/chain-design.ts';
import { requireFinite } from '#engine/finite-output.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { PieceRenderer } from '#engine/piece-renderer.ts';
import { RealtimeChain, openStreamKernels } from '#engine/realtime-chain.ts';
import type { CacheFolder } from './cache-folder.ts';
import type { Job } from './jobs.ts';
import { PeaksBuilder } from './peaks.ts';

/** Shown for digital silence, which has no level. */
const LOWEST_DB = -200;

export interface Playing {
  readonly raw: Float64Array;
  readonly sampleRateHz: number;
  readonly inputGain: number;
  readonly outputGain: number;
  readonly tailSamples: number;
  readonly bypassed: readonly Bypassable[];
}

/**
 * The prepared dry `dry` through a setting, left and right, in time with the dry. Each piece is valid until the next.
 * Throws UserError('bad-input') for settings whose output is not finite.
 */
export async function* playThrough(
  dry: string,
  { raw, sampleRateHz, inputGain, outputGain, tailSamples, bypassed }: Playing,
  cache: CacheFolder,
  job: Job,
): AsyncGenerator<readonly Float32Array[]> {
  const chain = new RealtimeChain(openStreamKernels(await loadKernelModule()), sampleRateHz);
  chain.setDesign(new ChainDesigner(sampleRateHz).design(raw, bypassed));
  chain.setBypassed(bypassed, true);
  const renderer = new PieceRenderer(chain);
  let done = 0;
  async function* out(pieces: Iterable<readonly Float32Array[]>) {
    for (const piece of pieces) {
      requireFinite(piece, sampleRateHz, done);
      if (outputGain !== 1)
        for (const channel of piece) for (let n = 0; n < channel.length; n++) channel[n]! *= outputGain;
      done += piece[0]!.length;
      yield piece;
      await job.breathe();
    }
  }
  for await (const [piece] of cache.pieces(dry)) {
    if (inputGain !== 1) for (let n = 0; n < piece.length; n++) piece[n]! *= inputGain;
    yield* out(renderer.play(piece));
  }
  yield* out(renderer.end(tailSamples));
}

/** Loudness and true peak of stereo that comes in pieces. */
export class LevelReading {
  private readonly loudness: LoudnessMeter;
  private readonly truePeaks = [new TruePeakMeter(), new TruePeakMeter()] as const;

  constructor(sampleRateHz: number) {
    this.loudness = new LoudnessMeter(sampleRateHz);
  }

  add(piece: readonly Float32Array[]): void {
    this.loudness.measure(piece[0]!, piece[1]!, piece[0]!.length);
    this.truePeaks.forEach((meter, c) => {
      meter.measure(piece[c]!);
    });
  }

  /** `lufs` is null for what is too quiet, or shorter than 400 ms. Ends the reading. */
  end(): { readonly lufs: number | null; readonly truePeakDb: number } {
    const lufs = this.loudness.integratedLufs;
    const truePeak = Math.max(...this.truePeaks.map((meter) => meter.end()));
    return {
      lufs: Number.isFinite(lufs) ? lufs : null,
      truePeakDb: Math.max(LOWEST_DB, gainToDb(truePeak)),
    };
  }
}

export async function measureProcessed(
  {
    dry,
    sampleRateHz,
    raw,
    inputGain,
    bypassed = [],
  }: Omit<ParsedInput<EngineContract, 'processed.measure'>, 'job'>,
  cache: CacheFolder,
  job: Job,
): Promise<Output<EngineContract, 'processed.measure'>> {
  const { lengthSamples } = await cache.require(dry);
  const peaks = new PeaksBuilder(2, lengthSamples);
  const levels = new LevelReading(sampleRateHz);
  const playing = { raw, sampleRateHz, inputGain, outputGain: 1, tailSamples: 0, bypassed };
  let done = 0;
  for await (const piece of playThrough(dry, playing, cache, job)) {
    peaks.add(piece);
    levels.add(piece);
    done += piece[0]!.length;
    job.progress('Drawing the result', done / lengthSamples);
  }
  return { peaks: peaks.end(), ...levels.end() };
}
