/**
 * The chain in real-time form, assembled from the effects' processors:
 *
 *   x ─ EQ ─ COMP ─ u,   out = pan(u) + D(u) + F([u, u] + send·D(u))
 *
 * Every effect works on its predecessor's buffers; a stage can be listened to on its own.
 */
import { rawToValues } from '#core/chain/parameters.ts';
import { compParameters } from '#core/effects/comp/params.ts';
import { CompProcessor } from '#core/effects/comp/realtime.ts';
import { delayParameters, sendParameters } from '#core/effects/delay/params.ts';
import { DelayProcessor } from '#core/effects/delay/realtime.ts';
import { eqParameters } from '#core/effects/eq/params.ts';
import { EqProcessor } from '#core/effects/eq/realtime.ts';
import { fdnParameters } from '#core/effects/fdn/params.ts';
import { FdnProcessor } from '#core/effects/fdn/realtime.ts';
import { panParameters } from '#core/effects/pan/params.ts';
import { PanProcessor } from '#core/effects/pan/realtime.ts';
import {
  Processor,
  type PieceBuffer,
  type StreamCalls,
  type StreamKernels,
} from '#core/effects/processor.ts';
import { Kernels } from './kernels.ts';

export const REALTIME_STAGES = ['eq', 'comp', 'delay', 'fdn', 'final'] as const;
/** A point of the chain: mono after `eq` and `comp`, stereo after the others. */
export type RealtimeStage = (typeof REALTIME_STAGES)[number];

/** A fresh instance of the kernels with memory of its own. */
export function openStreamKernels(module: WebAssembly.Module): StreamKernels {
  const kernels = new Kernels(module);
  return kernels as Kernels & { readonly call: StreamCalls };
}

/** Mono in, stereo out. Values are those of the whole chain, in the published order (DSP values). */
export class RealtimeChain extends Processor {
  readonly latencySamples: number;
  private readonly eq: EqProcessor;
  private readonly comp: CompProcessor;
  private readonly delay: DelayProcessor;
  private readonly fdn: FdnProcessor;
  private readonly pan: PanProcessor;
  private readonly send: number;
  private stage: RealtimeStage = 'final';

  constructor(kernels: StreamKernels, sampleRateHz: number) {
    super(kernels, 1, 2);
    this.eq = new EqProcessor(kernels, sampleRateHz, this.inputs);
    this.comp = new CompProcessor(kernels, sampleRateHz, this.eq.outputs);
    this.delay = new DelayProcessor(kernels, sampleRateHz, this.comp.outputs);
    this.fdn = new FdnProcessor(kernels, sampleRateHz);
    this.pan = new PanProcessor(kernels, this.comp.outputs);
    this.send = kernels.allocate(4);
    this.latencySamples = this.latencyOf('final');
  }

  /** How far a stage's sound lags the input. */
  latencyOf(stage: RealtimeStage): number {
    return stage === 'eq' ? this.eq.latencySamples : this.eq.latencySamples + this.comp.latencySamples;
  }

  /** Channels of a stage. */
  channelsOf(stage: RealtimeStage): number {
    return this.buffersOf(stage).length;
  }

  set(values: ArrayLike<number>): void {
    const all = Array.from(values);
    const next = (table: readonly unknown[]): number[] => all.splice(0, table.length);
    this.eq.set(next(eqParameters));
    this.comp.set(next(compParameters));
    this.kernels.f32(this.send, 1).set(next(sendParameters));
    this.delay.set(next(delayParameters));
    this.fdn.set(next(fdnParameters));
    this.pan.set(next(panParameters));
  }

  /** {@link set} from the 151 raw numbers. */
  setRaw(raw: ArrayLike<number>): void {
    this.set(rawToValues(raw));
  }

  reset(): void {
    for (const effect of [this.eq, this.comp, this.delay, this.fdn, this.pan]) effect.reset();
  }

  /** Tells the compressor that the recording has ended and only silence follows; see CompProcessor.holdGain. */
  endInput(): void {
    this.comp.holdGain();
  }

  /** As {@link process}, up to a stage; later effects stand still meanwhile. */
  processStage(
    stage: RealtimeStage,
    input: readonly Float32Array[],
    output: readonly Float32Array[],
    length: number,
  ): void {
    this.stage = stage;
    this.stream(input, output, this.buffersOf(stage), length);
    this.stage = 'final';
  }

  run(length: number): void {
    const { call } = this.kernels;
    const { stage } = this;
    this.eq.run(length);
    if (stage === 'eq') return;
    this.comp.run(length);
    if (stage === 'comp') return;
    this.delay.run(length);
    if (stage === 'delay') return;
    const direct = this.comp.outputs[0]!.address;
    for (let c = 0; c < 2; c++)
      call.streamAddScaled(
        direct,
        this.delay.outputs[c]!.address,
        this.send,
        this.fdn.inputs[c]!.address,
        length,
      );
    this.fdn.run(length);
    if (stage === 'fdn') return;
    this.pan.run(length);
    for (let c = 0; c < 2; c++) {
      const out = this.outputs[c]!.address;
      call.streamAdd(this.pan.outputs[c]!.address, this.delay.outputs[c]!.address, out, length);
      call.streamAdd(out, this.fdn.outputs[c]!.address, out, length);
    }
  }

  private buffersOf(stage: RealtimeStage): readonly PieceBuffer[] {
    switch (stage) {
      case 'eq':
        return this.eq.outputs;
      case 'comp':
        return this.comp.outputs;
      case 'delay':
        return this.delay.outputs;
      case 'fdn':
        return this.fdn.outputs;
      case 'final':
        return this.outputs;
      default:
        throw new RangeError(`No stage is called “${String(stage satisfies never)}”.`);
    }
  }
}
