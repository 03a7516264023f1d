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
import { MeterField, SpectrumTrace } from '#core/protocol/audio-frames.ts';
import type { Bypassable, EffectId } from '#core/protocol/schemas.ts';
import { dbToGain } from '#core/units.ts';
import { ChainDesigner, type ChainDesign } from '../chain-design.ts';
import { RealtimeChain, openStreamKernels } from '../realtime-chain.ts';
import { DelayLine } from './delay-line.ts';
import { DesignMailbox } from './design-mailbox.ts';
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
/** After the end of everything, playback ends when it has been quiet for this long: longer than between two echoes. */
const QUIET_SECONDS = 1.1;
const QUIET_GAIN = dbToGain(-90);
const LONGEST_TAIL_SECONDS = 10;

/** Nothing above +240 dB is sound. */
const LOUDEST = 1e12;

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

  addTo(
    left: Float64Array,
    right: Float64Array,
    fromLeft: Float32Array,
    fromRight: Float32Array,
    length: number,
  ) {
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

/** Recordings and settings can hold anything; what is no number would stay in filters and meters for ever. */
const finite = (sample: number): number => (Math.abs(sample) < LOUDEST ? sample : 0);

const piece = () => new Float32Array(MAX_PIECE_SAMPLES);
const precisePiece = () => new Float64Array(MAX_PIECE_SAMPLES);

export class StreamEngine {
  /** How much later everything is heard than it is read, in samples. */
  readonly latencySamples: number;
  private readonly chain: RealtimeChain;
  private readonly designer: ChainDesigner;
  private readonly designs: DesignMailbox;
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
  private hasInputEnded = false;
  private tailSamples = 0;
  private quietSamples = 0;

  constructor(
    module: WebAssembly.Module,
    private readonly sampleRateHz: number,
  ) {
    this.chain = new RealtimeChain(openStreamKernels(module), sampleRateHz);
    this.designer = new ChainDesigner(sampleRateHz);
    this.designs = new DesignMailbox(sampleRateHz);
    this.chain.setDesign(this.designs.design);
    this.latencySamples = this.chain.latencySamples;
    this.reader = new Reader(sampleRateHz);
    this.meters = new Meters(sampleRateHz);
    const leads = { input: this.latencySamples, equalised: this.latencySamples - this.chain.latencyOf('eq') };
    this.spectrum = new Spectrum(sampleRateHz, [leads.input, leads.equalised, 0]);
    this.dryDelay = new DelayLine(new Float32Array(this.latencySamples));
    this.leftDelay = new DelayLine(new Float32Array(this.latencySamples));
    this.rightDelay = new DelayLine(new Float32Array(this.latencySamples));
    this.positionDelay = new DelayLine(new Float64Array(this.latencySamples));
    this.fadeSamples = this.samplesOf(FADE_SECONDS);
    this.goFromSilence(0);
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
    this.reader.load(dry, target);
    this.goFromSilence(position < this.reader.lengthSamples ? position : 0);
  }

  /**
   * A setting of the chain, 151 raw numbers, without the EQ bands among `bypassed`. The sound glides to it; `isImmediate`:
   * without gliding. Where no sound has gone into the chain yet it is there at once. Takes up to some milliseconds, since it is
   * designed here; {@link setDesign} does not.
   */
  setSettings(raw: Float64Array, isImmediate = false, bypassed: readonly Bypassable[] = []): void {
    this.setDesign(this.designer.design(raw, bypassed), isImmediate);
  }

  /**
   * As {@link setSettings}, designed elsewhere (designSince is welcome). Of several before the next block the last is heard.
   * Throws a RangeError if it is for another rate, or if spectra are missing that never came.
   */
  setDesign(design: ChainDesign, isImmediate = false): void {
    this.designs.post(design, isImmediate);
  }

  /** Effects that are bypassed, and the one that is heard alone; see RealtimeChain. EQ bands belong to the settings. */
  setEffects(bypassed: readonly Bypassable[], solo: EffectId | null): void {
    this.chain.setBypassed(bypassed, this.isFresh);
    this.chain.setSolo(solo, this.isFresh);
  }

  /** Which of the three is heard; the change takes 10 ms. */
  setMonitor(monitor: Monitor): void {
    if (this.lanes[monitor].weight.goal === 1) return;
    const samples = this.samplesOf(MONITOR_FADE_SECONDS);
    const { dry, target, processed } = this.lanes;
    dry.weight.to(monitor === 'dry' ? 1 : 0, samples);
    target.weight.to(monitor === 'target' ? 1 : 0, samples);
    processed.weight.to(monitor === 'processed' ? 1 : 0, samples);
  }

  /** Gains that differ from those before glide there: the chain's input in 30 ms, the others in 150 ms. */
  setGains({ input, dry, target, processed }: StreamGains): void {
    const aim = (glide: Glide, goal: number, seconds: number): void => {
      if (goal !== glide.goal) glide.to(goal, this.samplesOf(seconds));
    };
    aim(this.input, input, INPUT_GLIDE_SECONDS);
    aim(this.lanes.dry.gain, dry, MONITOR_GLIDE_SECONDS);
    aim(this.lanes.target.gain, target, MONITOR_GLIDE_SECONDS);
    aim(this.lanes.processed.gain, processed, MONITOR_GLIDE_SECONDS);
  }

  /**
   * Repeats [start, end), in samples. A loop of less than 20 ms is widened; past its end playback goes to its start.
   */
  setLoop(isOn: boolean, start: number, end: number): void {
    const { reader } = this;
    reader.setLoop(isOn, Math.round(start), Math.round(end));
    const { position } = this;
    if (this.startAt >= 0) return;
    if (isOn && this.hasInputEnded) this.goFromSilence(position);
    else if (this.isPlayingWanted || this.fade > 0) reader.turnTowards(-1);
    else if (reader.place(position) !== position) this.goFromSilence(position);
    else reader.adoptLoop();
  }

  /** Goes on from where it is; from the start (of the loop) if that is the end. Without material nothing happens. */
  play(): void {
    if (this.isPlayingWanted || this.reader.lengthSamples === 0) return;
    if (this.position >= this.reader.lengthSamples) this.goFromSilence(this.reader.startPosition);
    this.isPlayingWanted = true;
    if (this.fade === 0) this.arrive();
  }

  pause(): void {
    this.isPlayingWanted = false;
  }

  /** Pauses, goes to the start (of the loop, when it is on) and forgets all sound. */
  stop(): void {
    this.isPlayingWanted = false;
    this.goFromSilence(this.reader.startPosition);
  }

  /** Goes to a position, in samples; places beyond the ends, and beyond the end of a loop, are brought in. */
  seek(position: number): void {
    const to = Math.max(0, Math.min(Math.round(position), this.reader.lengthSamples));
    const canCrossfade = this.isPlayingWanted && this.fade > 0 && this.startAt < 0 && !this.hasInputEnded;
    if (canCrossfade) this.reader.turnTowards(to);
    else this.goFromSilence(to);
  }

  private goFromSilence(position: number): void {
    this.startAt = position;
    if (this.fade === 0) this.start();
  }

  /** False from the moment of a pause on, and after the end. */
  get isPlaying(): boolean {
    return this.isPlayingWanted;
  }

  /** Of what is heard, in samples of the dry's timeline. */
  get position(): number {
    return this.startAt >= 0
      ? this.reader.place(this.startAt)
      : Math.min(this.positionDelay.next, this.reader.lengthSamples);
  }

  // ---------------------------------------------------------------- sound

  /** Writes the next `length` samples. */
  process(left: Float32Array, right: Float32Array, length: number): void {
    if (this.designs.take()) {
      if (this.designs.isImmediate || this.isFresh) this.chain.setDesign(this.designs.design);
      else this.chain.glideTo(this.designs.design);
    }
    for (let done = 0; done < length;) {
      if (this.fade === 0 && this.startAt >= 0) this.start();
      if (this.fade === 0 && !this.isPlayingWanted) {
        left.fill(0, done, length);
        right.fill(0, done, length);
        return;
      }
      done += this.playPiece(left, right, done, length - done);
    }
  }

  /** Nothing of what is read from here on has gone through the chain yet. */
  private get isFresh(): boolean {
    return this.silentSamples === this.latencySamples;
  }

  /** Begins at {@link startAt}, from silence, with the latest material. */
  private start(): void {
    this.reader.start(this.startAt);
    this.positionDelay.fill(this.reader.place(this.startAt));
    this.startAt = -1;
    this.hasInputEnded = false;
    this.tailSamples = this.quietSamples = 0;
    if (this.isFresh) return;
    this.silentSamples = this.latencySamples;
    this.chain.reset();
    this.dryDelay.fill(0);
    this.leftDelay.fill(0);
    this.rightDelay.fill(0);
    this.spectrum.reset();
    this.arrive();
  }

  /** Ends the glides that cannot be heard. */
  private arrive(): void {
    this.lanes.dry.arrive();
    this.lanes.target.arrive();
    this.lanes.processed.arrive();
    if (this.isFresh) this.input.arrive();
  }

  /** Plays at most `length` samples from `start` on; answers how many. */
  private playPiece(left: Float32Array, right: Float32Array, start: number, length: number): number {
    const { reader } = this;
    const isStaying = this.isPlayingWanted && this.startAt < 0;
    let size = reader.prepare(length);
    if (this.silentSamples > 0) size = Math.min(size, this.silentSamples);
    else if (!isStaying) size = Math.min(size, this.fade);
    if (reader.hasDryEnded && !this.hasInputEnded) {
      this.chain.endInput();
      this.hasInputEnded = true;
    }
    const hasEnded = reader.hasEnded;
    reader.read(size);
    this.runChain(size);
    this.mix(size);
    if (hasEnded && isStaying) this.listenForTheEnd(size);
    this.fadeMix(isStaying, size);
    for (let i = 0; i < size; i++) {
      left[start + i] = this.heardLeft[i]!;
      right[start + i] = this.heardRight[i]!;
    }
    this.meters.measure(this.heardLeft, this.heardRight, size);
    this.meters.measureParts(this.chain.directPart, this.chain.delayPart, this.chain.reverbPart, size);
    this.listenToSpectra(size);
    if (this.fade === 0 && !this.isPlayingWanted) this.meters.rest();
    return size;
  }

  private listenToSpectra(length: number): void {
    const { spectrum } = this;
    const input = this.chainInput[0]!;
    const equalised = this.chain.equalised.numbers;
    spectrum.listen(SpectrumTrace.input, input, input, length);
    spectrum.listen(SpectrumTrace.equalised, equalised, equalised, length);
    spectrum.listen(SpectrumTrace.heard, this.heardLeft, this.heardRight, length);
    spectrum.advance(length);
  }

  private runChain(length: number): void {
    const input = this.chainInput[0]!;
    const { dry } = this.reader.piece;
    this.input.write(this.inputGains, length);
    for (let i = 0; i < length; i++) input[i] = finite(this.inputGains[i]! * dry[i]!);
    this.chain.process(this.chainInput, this.chainOutput, length);
  }

  /** Brings the three together, sample for sample. */
  private mix(length: number): void {
    const { dry, left, right, positions } = this.reader.piece;
    const { mixLeft, mixRight, lanes } = this;
    this.dryDelay.exchange(dry, length);
    this.leftDelay.exchange(left, length);
    this.rightDelay.exchange(right, length);
    this.positionDelay.exchange(positions, length);
    mixLeft.fill(0, 0, length);
    mixRight.fill(0, 0, length);
    lanes.dry.addTo(mixLeft, mixRight, dry, dry, length);
    lanes.target.addTo(mixLeft, mixRight, left, right, length);
    lanes.processed.addTo(mixLeft, mixRight, this.chainOutput[0]!, this.chainOutput[1]!, length);
  }

  private fadeMix(isStaying: boolean, length: number): void {
    const { mixLeft, mixRight, heardLeft, heardRight, fadeSamples } = this;
    let { fade } = this;
    const step = this.silentSamples > 0 ? 0 : isStaying ? 1 : -1;
    for (let i = 0; i < length; i++) {
      fade = Math.min(fade + step, fadeSamples);
      const gain = fade / fadeSamples;
      heardLeft[i] = finite(gain * mixLeft[i]!);
      heardRight[i] = finite(gain * mixRight[i]!);
    }
    this.fade = fade;
    if (this.silentSamples > 0) this.silentSamples -= length;
  }

  /** Pauses at the end once the tail has rung out. */
  private listenForTheEnd(length: number): void {
    const { mixLeft, mixRight } = this;
    let peak = 0;
    for (let i = 0; i < length; i++) peak = Math.max(peak, Math.abs(mixLeft[i]!), Math.abs(mixRight[i]!));
    this.tailSamples += length;
    this.quietSamples = peak < QUIET_GAIN ? this.quietSamples + length : 0;
    const isQuiet = this.quietSamples >= this.samplesOf(QUIET_SECONDS);
    const isLong = this.tailSamples >= this.samplesOf(LONGEST_TAIL_SECONDS) + this.latencySamples;
    if (!isQuiet && !isLong) return;
    this.isPlayingWanted = false;
    this.startAt = this.reader.lengthSamples;
  }

  // ---------------------------------------------------------------- looking

  /** Fills in a frame of METER_FIELDS numbers, see MeterField; peaks are those since the frame before. */
  takeMeters(into: Float32Array): void {
    this.meters.take(into);
    const isSilent = this.fade === 0;
    into[MeterField.position] = this.position;
    into[MeterField.gainReductionDb] = isSilent ? 0 : this.chain.gainReductionDb;
    into[MeterField.compressorInputDb] = isSilent ? -Infinity : this.chain.compressorInputDb;
    into[MeterField.isPlaying] = this.isPlayingWanted ? 1 : 0;
  }

  /**
   * Fills in a frame of SPECTRUM_TRACES · SPECTRUM_BANDS levels in dB (see spectrum-analyser.ts): of the chain's input and, of
   * the same moment of the recording, of the EQ's output and of what is heard. False, and nothing is filled in, when a new frame is not due:
   * they are at most 60 a second, and there are none in silence.
   */
  takeSpectrum(into: Float32Array): boolean {
    return this.spectrum.take(into);
  }

  /** Begins the integrated loudness anew. */
  resetMeters(): void {
    this.meters.reset();
  }
}
