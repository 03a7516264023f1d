/**
 * What plays: dry, target and the processed sound on one timeline, sample for sample alongside each other.
 *
 *   dry ─ × input ─ chain ────────── × processed ─┐
 *   dry ─ delay of the chain's latency ─ × dry ───┼─ monitor ─ fade ─ out
 *   target ─ delay of the chain's latency ─ × target ┘
 *
 * Runs in the audio process and in an AudioWorklet: {@link StreamEngine.process} allocates nothing. All calls come from the
 * one thread that calls it and are heard from the next block on, without a click: playback fades in and out, gains and
 * monitors glide, seeks and loops crossfade (reader.ts), settings glide in the chain.
 *
 * While it plays the chain runs, whichever monitor is heard. From a start at p the output is silent for the chain's latency;
 * then it is what renderRealtime makes of the dry from p on. A pause keeps the chain as it is, so that playback goes on as
 * if there had been none; a stop, new material or a seek while paused makes it forget all sound.
 */
import { MAX_PIECE_SAMPLES } from '#core/effects/processor.ts';
import type { Monitor } from '#core/protocol/audio.ts';
import { MeterField } from '#core/protocol/audio-frames.ts';
import type { EffectId } from '#core/protocol/schemas.ts';
import { dbToGain } from '#core/units.ts';
import { RealtimeChain, openStreamKernels } from '../realtime-chain.ts';
import { DelayLine } from './delay-line.ts';
import { Glide } from './glide.ts';
import { Meters } from './meters.ts';
import { Reader } from './reader.ts';
import { Spectrum } from './spectrum.ts';

const FADE_SECONDS = 0.005;
/** Straight lines: the three are aligned and alike, and so keep their level. */
const MONITOR_FADE_SECONDS = 0.01;
const INPUT_GLIDE_SECONDS = 0.03;
/** Slower, since these only match loudness. */
const MONITOR_GLIDE_SECONDS = 0.15;
/** After the end of everything, playback ends when it has been quiet for this long. */
const QUIET_SECONDS = 0.5;
const QUIET_GAIN = dbToGain(-90);
const LONGEST_TAIL_SECONDS = 10;

/** Linear gains: into the chain, and of each of the three on the way to the ear. */
export interface StreamGains {
  readonly input: number;
  readonly dry: number;
  readonly target: number;
  readonly processed: number;
}

/** One of the three on the way to the ear. */
class Lane {
  readonly gain = new Glide(1);
  readonly weight: Glide;
  private readonly gains = new Float64Array(MAX_PIECE_SAMPLES);
  private readonly weights = new Float64Array(MAX_PIECE_SAMPLES);

  constructor(weight: number) {
    this.weight = new Glide(weight);
  }

  addTo(left: Float64Array, right: Float64Array, fromLeft: Float32Array, fromRight: Float32Array, length: number) {
    const { gains, weights } = this;
    this.gain.write(gains, length);
    this.weight.write(weights, length);
    for (let i = 0; i < length; i++) {
      const gain = gains[i]! * weights[i]!;
      left[i]! += gain * fromLeft[i]!;
      right[i]! += gain * fromRight[i]!;
    }
  }

  arrive(): void {
    this.gain.arrive();
    this.weight.arrive();
  }
}

const piece = () => new Float32Array(MAX_PIECE_SAMPLES);
const precisePiece = () => new Float64Array(MAX_PIECE_SAMPLES);

export class StreamEngine {
  /** How much later everything is heard than it is read, in samples. */
  readonly latencySamples: number;
  private readonly chain: RealtimeChain;
  private readonly reader: Reader;
  private readonly meters: Meters;
  private readonly spectrum: Spectrum;

  private readonly input = new Glide(1);
  private readonly lanes: Readonly<Record<Monitor, Lane>> = {
    dry: new Lane(0),
    target: new Lane(0),
    processed: new Lane(1),
  };
  private readonly inputGains = precisePiece();
  private readonly chainInput = [piece()];
  private readonly chainOutput = [piece(), piece()];
  private readonly mixLeft = precisePiece();
  private readonly mixRight = precisePiece();
  private readonly heardLeft = piece();
  private readonly heardRight = piece();
  private readonly dryDelay: DelayLine<Float32Array>;
  private readonly leftDelay: DelayLine<Float32Array>;
  private readonly rightDelay: DelayLine<Float32Array>;
  private readonly positionDelay: DelayLine<Float64Array>;

  private isPlayingWanted = false;
  /** The fade of playback, 0..`fadeSamples`; nothing moves at 0 unless it is to be played. */
  private fade = 0;
  private readonly fadeSamples: number;
  /** Samples until what is read can be heard; there is only silence until then. */
  private silentSamples = 0;
  /** Where to begin from silence as soon as there is silence; −1: nowhere. */
  private startAt = -1;
  private newMaterial: {
    dry: Float32Array | null;
    target: readonly [Float32Array, Float32Array] | null;
  } | null = null;
  private lengthSamples = 0;
  private hasInputEnded = false;
  private tailSamples = 0;
  private quietSamples = 0;

  constructor(
    module: WebAssembly.Module,
    private readonly sampleRateHz: number,
  ) {
    this.chain = new RealtimeChain(openStreamKernels(module), sampleRateHz);
    this.latencySamples = this.chain.latencySamples;
    this.reader = new Reader(sampleRateHz);
    this.meters = new Meters(sampleRateHz);
    this.spectrum = new Spectrum(sampleRateHz, this.latencySamples);
    this.dryDelay = new DelayLine(new Float32Array(this.latencySamples));
    this.leftDelay = new DelayLine(new Float32Array(this.latencySamples));
    this.rightDelay = new DelayLine(new Float32Array(this.latencySamples));
    this.positionDelay = new DelayLine(new Float64Array(this.latencySamples));
    this.fadeSamples = this.samplesOf(FADE_SECONDS);
    this.startFromSilence(0);
  }

  private samplesOf(seconds: number): number {
    return Math.round(seconds * this.sampleRateHz);
  }

  // ---------------------------------------------------------------- control

  /**
   * New sound, at the engine's rate, on the dry's timeline; null: none. The arrays are read while playing and must not
   * change. Playback pauses, the position is kept where it still fits.
   */
  load(dry: Float32Array | null, target: readonly [Float32Array, Float32Array] | null): void {
    this.isPlayingWanted = false;
    const { position } = this;
    this.newMaterial = { dry, target };
    this.lengthSamples = Math.max(dry?.length ?? 0, target?.[0].length ?? 0, target?.[1].length ?? 0);
    this.startAt = position < this.lengthSamples ? position : 0;
    this.settleWhenSilent();
  }

  /** Which of the three is heard; the change takes 10 ms. */
  setMonitor(monitor: Monitor): void {
    const samples = this.samplesOf(MONITOR_FADE_SECONDS);
    const { dry, target, processed } = this.lanes;
    dry.weight.to(monitor === 'dry' ? 1 : 0, samples);
    target.weight.to(monitor === 'target' ? 1 : 0, samples);
    processed.weight.to(monitor === 'processed' ? 1 : 0, samples);
  }

  setGains({ input, dry, target, processed }: StreamGains): void {
    this.input.to(input, this.samplesOf(INPUT_GLIDE_SECONDS));
    const samples = this.samplesOf(MONITOR_GLIDE_SECONDS);
    this.lanes.dry.gain.to(dry, samples);
    this.lanes.target.gain.to(target, samples);
    this.lanes.processed.gain.to(processed, samples);
  }

  /**
   * Repeats [start, end), in samples. A loop of less than 20 ms is widened; past its end playback goes to its start.
   */
  setLoop(isOn: boolean, start: number, end: number): void {
    const { reader } = this;
    reader.setLoop(isOn, Math.round(start), Math.round(end));
    if (this.isCrossfading) reader.turnTowards(-1);
    else if (isOn && this.position !== reader.place(this.position)) this.startAt = reader.startPosition;
    else if (this.startAt < 0 && this.fade === 0) reader.takeLoop();
    this.settleWhenSilent();
  }

  /** Goes on from where it is; from the start (of the loop) if that is the end. Without material nothing happens. */
  play(): void {
    if (this.isPlayingWanted || this.lengthSamples === 0) return;
    if (this.position >= this.lengthSamples) this.startAt = this.reader.startPosition;
    this.isPlayingWanted = true;
    this.settleWhenSilent();
  }

  pause(): void {
    this.isPlayingWanted = false;
  }

  /** Pauses, goes to the start (of the loop, when it is on) and forgets all sound. */
  stop(): void {
    this.isPlayingWanted = false;
    this.startAt = this.reader.startPosition;
    this.settleWhenSilent();
  }

  /** Goes to a position, in samples; places beyond the ends, and beyond the end of a loop, are brought in. */
  seek(position: number): void {
    const to = Math.max(0, Math.min(Math.round(position), this.lengthSamples));
    if (this.isCrossfading) this.reader.turnTowards(to);
    else this.startAt = to;
    this.settleWhenSilent();
  }

  /** Whether a change of place can be faded to; otherwise there is silence, or sound is on the way to it. */
  private get isCrossfading(): boolean {
    return this.isPlayingWanted && this.fade > 0 && this.startAt < 0 && !this.hasInputEnded;
  }

  /** False from the moment of a pause on, and after the end. */
  get isPlaying(): boolean {
    return this.isPlayingWanted;
  }

  /** Of what is heard, in samples of the dry's timeline. */
  get position(): number {
    return this.startAt >= 0
      ? this.reader.place(this.startAt)
      : Math.min(this.positionDelay.next, this.lengthSamples);
  }

  // ---------------------------------------------------------------- sound

  /** Writes the next `length` samples. */
  process(left: Float32Array, right: Float32Array, length: number): void {
    for (let done = 0; done < length;) {
      if (this.fade === 0) {
        if (this.startAt >= 0) this.settle();
        if (!this.isPlayingWanted) {
          left.fill(0, done, length);
          right.fill(0, done, length);
          return;
        }
      }
      done += this.playPiece(left, right, done, length - done);
    }
  }
}
