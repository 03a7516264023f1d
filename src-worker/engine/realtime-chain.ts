/**
 * The chain in real-time form, assembled from the effects' processors:
 *
 *   x ─ EQ ─ COMP ─ u,   out = pan(u) + D(u) + F([u, u] + send·D(u))
 *
 * Every effect works on its predecessor's buffers; a stage can be listened to on its own.
 *
 * Settings come as designs (chain-design.ts) and the sound glides to them (core/effects/glide.ts). An effect that is
 * bypassed leaves its input as it is: EQ and compressor give what they get (as late as ever), delay and reverb give
 * nothing (but go on listening, so that they are there at once), pan is in the middle. Solo leaves only what one effect
 * makes of the sound: EQ and compressor the difference to what they get, delay and reverb their own output, pan the
 * direct sound. The latency never changes.
 */
import { CompProcessor } from '#core/effects/comp/realtime.ts';
import { DelayProcessor, SendProcessor } from '#core/effects/delay/realtime.ts';
import { EqProcessor } from '#core/effects/eq/realtime.ts';
import { FdnProcessor } from '#core/effects/fdn/realtime.ts';
import { FadeCurve, Switch } from '#core/effects/glide.ts';
import { PanProcessor } from '#core/effects/pan/realtime.ts';
import {
  PieceBuffer,
  Processor,
  Ring,
  type StreamCalls,
  type StreamKernels,
} from '#core/effects/processor.ts';
import { rawToValues } from '#core/chain/parameters.ts';
import type { Bypassable, EffectId } from '#core/protocol/schemas.ts';
import { ChainDesigner, type ChainDesign } from './chain-design.ts';
import { Kernels } from './kernels.ts';

/** Length of the fade to and from bypass and solo. */
const SWITCH_SECONDS = 0.01;

export const REALTIME_STAGES = ['eq', 'comp', 'delay', 'fdn', 'final'] as const;
/** A point of the chain: mono after `eq` and `comp`, stereo after the others. */
export type RealtimeStage = (typeof REALTIME_STAGES)[number];

/** A fresh instance of the kernels with memory of its own. */
export function openStreamKernels(module: WebAssembly.Module): StreamKernels {
  const kernels = new Kernels(module);
  return kernels as Kernels & { readonly call: StreamCalls };
}

/** As in the protocol, whose schemas have no place in an audio thread. */
const EFFECTS = ['eq', 'comp', 'delay', 'fdn', 'pan'] as const satisfies readonly EffectId[];
type Switches = Readonly<Record<EffectId, Switch>>;

const partOf = ({ outputs: [left, right] }: Processor): ChainPart => [left!, right!];

/** Left and right of a part of the output. */
export type ChainPart = readonly [left: PieceBuffer, right: PieceBuffer];
type Parts = readonly [direct: ChainPart, delay: ChainPart, reverb: ChainPart];

/** Mono in, stereo out. Values are those of the whole chain, in the published order (DSP values). */
export class RealtimeChain extends Processor<ChainDesign> {
  readonly latencySamples: number;
  private readonly designer: ChainDesigner;
  private readonly eq: EqProcessor;
  private readonly comp: CompProcessor;
  private readonly delay: DelayProcessor;
  private readonly send: SendProcessor;
  private readonly fdn: FdnProcessor;
  private readonly pan: PanProcessor;
  private readonly effects: readonly Processor[];
  /** Off where bypassed. */
  private readonly active: Switches;
  /** On where the effect is heard alone. */
  private readonly solo: Switches;
  /** On while no effect is heard alone. */
  private readonly mix: Switch;
  /** The input, for what the EQ makes of it. */
  private readonly inputRing: Ring;
  private readonly difference: PieceBuffer;
  /** The parts while one effect is heard alone. */
  private readonly soloParts: Parts;
  private readonly fullParts: Parts;
  /** Of the piece that was processed last. */
  private parts: Parts;
  private hasSetting = false;
  private stage: RealtimeStage = 'final';

  constructor(
    kernels: StreamKernels,
    private readonly sampleRateHz: number,
  ) {
    super(kernels, 1, 2);
    this.designer = new ChainDesigner(sampleRateHz);
    this.eq = new EqProcessor(kernels, sampleRateHz, this.inputs);
    this.comp = new CompProcessor(kernels, sampleRateHz, this.eq.outputs);
    this.delay = new DelayProcessor(kernels, sampleRateHz, this.comp.outputs);
    this.send = new SendProcessor(kernels, sampleRateHz, [...this.comp.outputs, ...this.delay.outputs]);
    this.fdn = new FdnProcessor(kernels, sampleRateHz, this.send.outputs);
    this.pan = new PanProcessor(kernels, sampleRateHz, this.comp.outputs);
    this.effects = [this.eq, this.comp, this.delay, this.send, this.fdn, this.pan];
    this.latencySamples = this.latencyOf('final');
    const curve = new FadeCurve(kernels, Math.round(SWITCH_SECONDS * sampleRateHz));
    const switches = (isOn: boolean): Switches => ({
      eq: new Switch(curve, isOn),
      comp: new Switch(curve, isOn),
      delay: new Switch(curve, isOn),
      fdn: new Switch(curve, isOn),
      pan: new Switch(curve, isOn),
    });
    this.active = switches(true);
    this.solo = switches(false);
    this.mix = new Switch(curve, true);
    this.inputRing = new Ring(kernels, this.latencySamples, 0);
    this.difference = new PieceBuffer(kernels);
    const part = (): ChainPart => [new PieceBuffer(kernels), new PieceBuffer(kernels)];
    this.soloParts = [part(), part(), part()];
    this.fullParts = [partOf(this.pan), partOf(this.delay), partOf(this.fdn)];
    this.parts = this.fullParts;
  }

  /** How far a stage's sound lags the input. */
  latencyOf(stage: RealtimeStage): number {
    return stage === 'eq' ? this.eq.latencySamples : this.eq.latencySamples + this.comp.latencySamples;
  }

  /** Channels of a stage. */
  channelsOf(stage: RealtimeStage): number {
    return this.buffersOf(stage).length;
  }

  /**
   * The compressor's smallest gain since this was last read, without make-up, in dB, ≤ 0; the last answer while nothing
   * new has been processed. Also while the compressor is bypassed. Allocates nothing.
   */
  get gainReductionDb(): number {
    return this.comp.gainReductionDb;
  }

  /** The largest level since this was last read that the compressor computed its gain from, in dB; else as {@link gainReductionDb}. */
  get compressorInputDb(): number {
    return this.comp.inputDb;
  }

  /** What the EQ has made of the piece that was processed last (at most MAX_PIECE_SAMPLES), the input where it is bypassed. */
  get equalised(): PieceBuffer {
    return this.eq.outputs[0]!;
  }

  /** The direct sound in the output of the piece that was processed last, as bypass and solo leave it. */
  get directPart(): ChainPart {
    return this.parts[0];
  }

  /** As {@link directPart}: the delay's repeats. */
  get delayPart(): ChainPart {
    return this.parts[1];
  }

  /** As {@link directPart}: the reverb. The three parts add up to the output. */
  get reverbPart(): ChainPart {
    return this.parts[2];
  }

  design(values: ArrayLike<number>): ChainDesign {
    return this.designer.designValues(values);
  }

  /** At once, without a fade. Throws a RangeError if the design is for another sample rate. */
  setDesign(design: ChainDesign): void {
    this.requireRate(design);
    this.hasSetting = true;
    this.eq.setDesign(design.eq);
    this.comp.setDesign(design.comp);
    this.send.setDesign(design.send);
    this.delay.setDesign(design.delay);
    this.fdn.setDesign(design.fdn);
    this.pan.setDesign(design.pan);
  }

  /** Throws as {@link setDesign}. The first setting of all is taken over at once. */
  glideTo(design: ChainDesign): void {
    if (!this.hasSetting) {
      this.setDesign(design);
      return;
    }
    this.requireRate(design);
    this.eq.glideTo(design.eq);
    this.comp.glideTo(design.comp);
    this.send.glideTo(design.send);
    this.delay.glideTo(design.delay);
    this.fdn.glideTo(design.fdn);
    this.pan.glideTo(design.pan);
  }

  /** {@link set} from the 151 raw numbers. */
  setRaw(raw: ArrayLike<number>): void {
    this.set(rawToValues(raw));
  }

  /**
   * Bypasses these effects and no others, fading over 10 ms unless `isImmediate`. EQ bands among them are none of its
   * business: those are flat in the design.
   */
  setBypassed(bypassed: readonly Bypassable[], isImmediate = false): void {
    for (const effect of EFFECTS) {
      this.active[effect].turn(!bypassed.includes(effect));
      if (isImmediate) this.active[effect].finish();
    }
  }

  /** Leaves only what one effect makes of the sound, or all (null), fading over 10 ms unless `isImmediate`. */
  setSolo(effect: EffectId | null, isImmediate = false): void {
    this.mix.turn(effect === null);
    if (isImmediate) this.mix.finish();
    for (const each of EFFECTS) {
      this.solo[each].turn(each === effect);
      if (isImmediate) this.solo[each].finish();
    }
  }

  reset(): void {
    for (const effect of this.effects) effect.reset();
    for (const effect of EFFECTS) {
      this.active[effect].finish();
      this.solo[effect].finish();
    }
    this.mix.finish();
    this.inputRing.reset();
  }

  /** Tells the compressor that the recording has ended and only silence follows; see CompProcessor.holdGain. */
  endInput(): void {
    this.comp.holdGain();
  }

  /** As {@link process}, up to a stage, as if none were heard alone; later effects stand still meanwhile. */
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
    this.runStages(length);
    for (let i = 0; i < EFFECTS.length; i++) {
      this.active[EFFECTS[i]!].advance(length);
      this.solo[EFFECTS[i]!].advance(length);
    }
    this.mix.advance(length);
  }

  private runStages(length: number): void {
    const { call } = this.kernels;
    const { stage, eq, comp, delay, send, fdn, pan, active } = this;
    const input = this.inputs[0]!.address;
    const delayedInput = this.inputRing.windowAt(this.latencySamples);
    this.inputRing.write(input, length);

    eq.run(length);
    this.mixIn(active.eq, input, eq.outputs[0]!, length);
    if (stage === 'eq') return;
    comp.run(length);
    this.mixIn(active.comp, comp.alignedInput, comp.outputs[0]!, length);
    if (stage === 'comp') return;
    delay.run(length);
    this.fade(active.delay, delay.outputs, length);
    if (stage === 'delay') return;
    send.run(length);
    fdn.run(length);
    this.fade(active.fdn, fdn.outputs, length);
    if (stage === 'fdn') return;
    pan.run(length);
    const direct = comp.outputs[0]!;
    for (let c = 0; c < 2; c++) this.mixIn(active.pan, direct.address, pan.outputs[c]!, length);

    this.parts = this.mix.isFullyOn ? this.fullParts : this.soloParts;
    for (let c = 0; c < 2; c++) {
      if (!this.mix.isFullyOn) this.weighSolo(c, delayedInput, length);
      const out = this.outputs[c]!.address;
      const [directPart, delayPart, reverbPart] = this.parts;
      call.streamAdd(directPart[c]!.address, delayPart[c]!.address, out, length);
      call.streamAdd(out, reverbPart[c]!.address, out, length);
    }
  }

  /** The parts of one side as far as they are heard while an effect is, or was just now, heard alone. */
  private weighSolo(side: number, delayedInput: number, length: number): void {
    const { comp, solo, soloParts } = this;
    const direct = soloParts[0][side]!.address;
    this.weigh(solo.pan, this.pan.outputs[side]!, direct, length);
    this.addDifference(solo.eq, comp.alignedInput, delayedInput, direct, length);
    this.addDifference(solo.comp, comp.outputs[0]!.address, comp.alignedInput, direct, length);
    this.weigh(solo.delay, this.delay.outputs[side]!, soloParts[1][side]!.address, length);
    this.weigh(solo.fdn, this.fdn.outputs[side]!, soloParts[2][side]!.address, length);
  }

  private weigh(alone: Switch, { address }: PieceBuffer, out: number, length: number): void {
    this.kernels.call.streamWeight(address, this.mix.weights, out, length);
    this.addWeighted(alone, address, out, length);
  }

  /** An effect's output as far as it is active, else its input. */
  private mixIn(active: Switch, input: number, output: PieceBuffer, length: number): void {
    if (active.isFullyOn) return;
    const { address } = output;
    this.kernels.call.streamCrossfade(input, address, active.otherWeights, active.weights, address, length);
  }

  private fade(active: Switch, outputs: readonly PieceBuffer[], length: number): void {
    if (active.isFullyOn) return;
    for (let c = 0; c < outputs.length; c++) {
      const { address } = outputs[c]!;
      this.kernels.call.streamWeight(address, active.weights, address, length);
    }
  }

  private addWeighted(part: Switch, samples: number, out: number, length: number): void {
    if (part.isFullyOff) return;
    this.kernels.call.streamAddWeighted(out, samples, part.weights, out, length);
  }

  private addDifference(part: Switch, after: number, before: number, out: number, length: number): void {
    if (part.isFullyOff) return;
    this.kernels.call.streamSubtract(after, before, this.difference.address, length);
    this.addWeighted(part, this.difference.address, out, length);
  }

  private requireRate({ sampleRateHz }: ChainDesign): void {
    if (sampleRateHz !== this.sampleRateHz)
      throw new RangeError(
        `A design for ${sampleRateHz} Hz does not fit a chain at ${this.sampleRateHz} Hz.`,
      );
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
