/**
 * How a setting moves without a click: the numbers that the sound depends on glide, tables are crossfaded, parts are faded.
 *
 * A glide takes a vector of numbers, in the units of hearing (decibels, ln Hz, pan position …), from where it is to a
 * target. Every {@link NODE_SAMPLES} samples three one-pole smoothers in series advance,
 *
 *   a ← a + κ(target − a),  b ← b + κ(a − b),  c ← c + κ(b − c),  κ = 1 − e^{−T/τ},  T = NODE_SAMPLES/fs
 *
 * the effect is designed for c, and its kernels go to that design in straight lines. c has no corner in value or slope,
 * is always a weighted mean of the settings asked for (so it keeps within every range, and does not overshoot), and a
 * new target, at any time and however often, only bends its way. 99 % of the way is done after 8.4 τ = 29 ms.
 *
 * Everything is counted in samples of the stream, so the result does not depend on how the stream is cut.
 */
import type { BiquadKind } from '../signal/biquad.ts';
import {
  FILTER_PLACE_NUMBERS,
  STATE_VARIABLE_NUMBERS,
  biquadFromState,
  stateFromBiquad,
  writeStateVariable,
} from '../signal/state-variable.ts';
import { Doubles, Floats, MAX_PIECE_SAMPLES, SPARE_SAMPLES, type StreamKernels } from './processor.ts';

/** Samples from one node of a glide to the next. */
export const NODE_SAMPLES = 16;
/** τ in seconds. */
const TIME_CONSTANT_SECONDS = 0.0035;
/** A glide ends exactly at its target after this many τ, when less than 1e-6 of the way is left. */
const GLIDE_TIME_CONSTANTS = 19;
/** Length of the crossfade between two tables. */
export const TABLE_FADE_SECONDS = 0.03;

/** What a {@link Glide} calls while it goes through a piece. */
export interface Gliding {
  /** The sound up to here was made by the still setting: take it over from there, at the glide's numbers. */
  beginGlide(): void;
  /** From the setting reached so far, in straight lines to the one for the glide's numbers, within NODE_SAMPLES. */
  planSegment(): void;
  /** The target is reached: go on with its still setting. */
  endGlide(): void;
  /** Processes samples start..start + length − 1 of the piece; in a glide, all between the same two nodes. */
  runPart(start: number, length: number): void;
}

/** A vector of numbers on its way to a target. */
export class Glide {
  /** The numbers at the end of the present segment. */
  readonly numbers: Float64Array;
  /** Samples since the last node. */
  phase = 0;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private readonly target: Float64Array;
  private readonly smoothing: number;
  private readonly nodes: number;
  private nodesLeft = 0;
  private moving = false;
  private begun = false;

  constructor(count: number, sampleRateHz: number) {
    this.numbers = new Float64Array(count);
    this.first = new Float64Array(count);
    this.second = new Float64Array(count);
    this.target = new Float64Array(count);
    const segment = NODE_SAMPLES / (sampleRateHz * TIME_CONSTANT_SECONDS);
    this.smoothing = -Math.expm1(-segment);
    this.nodes = Math.ceil(GLIDE_TIME_CONSTANTS / segment);
  }

  /** Whether {@link Gliding.runPart} is to use the gliding form. */
  get isMoving(): boolean {
    return this.moving;
  }

  /** Stands still at these numbers. True if the sound so far was made by the gliding form. */
  jumpTo(numbers: Float64Array): boolean {
    const hadBegun = this.begun;
    this.target.set(numbers);
    this.arrive();
    this.moving = this.begun = false;
    return hadBegun;
  }

  /** Moves to these numbers; stands still if it is there. */
  moveTo(numbers: Float64Array): void {
    let isNew = false;
    for (let i = 0; i < numbers.length; i++) if (numbers[i] !== this.target[i]) isNew = true;
    if (!isNew) return;
    this.target.set(numbers);
    this.nodesLeft = this.nodes;
    if (this.moving) return;
    this.moving = true;
    this.phase = NODE_SAMPLES;
  }

  /** Takes a piece through `gliding`, part by part. */
  run(length: number, gliding: Gliding): void {
    for (let start = 0; start < length;) {
      if (this.moving && this.phase === NODE_SAMPLES) this.atNode(gliding);
      const rest = length - start;
      const part = this.moving ? Math.min(rest, NODE_SAMPLES - this.phase) : rest;
      gliding.runPart(start, part);
      if (this.moving) this.phase += part;
      start += part;
    }
  }

  private atNode(gliding: Gliding): void {
    if (this.nodesLeft === 0) {
      this.moving = this.begun = false;
      gliding.endGlide();
      return;
    }
    if (!this.begun) gliding.beginGlide();
    this.begun = true;
    this.nodesLeft -= 1;
    if (this.nodesLeft === 0) this.arrive();
    else this.advance();
    this.phase = 0;
    gliding.planSegment();
  }

  private arrive(): void {
    this.nodesLeft = 0;
    this.first.set(this.target);
    this.second.set(this.target);
    this.numbers.set(this.target);
  }

  private advance(): void {
    const { first, second, numbers, target, smoothing } = this;
    for (let i = 0; i < target.length; i++) {
      first[i]! += smoothing * (target[i]! - first[i]!);
      second[i]! += smoothing * (first[i]! - second[i]!);
      numbers[i]! += smoothing * (second[i]! - numbers[i]!);
    }
  }
}

/**
 * Numbers that go in straight lines between nodes: `count` at the last node, then as many steps per sample, as kernels
 * want them.
 */
export class Ramps extends Doubles {
  constructor(
    kernels: StreamKernels,
    private readonly count: number,
  ) {
    super(kernels, 2 * count);
  }

  /** Stands at a number; a glide starts here. */
  place(index: number, number: number): void {
    const { numbers } = this;
    numbers[index] = number;
    numbers[this.count + index] = 0;
  }

  /** From where number `index` was to be at this node to `number` at the next. */
  rampTo(index: number, number: number): void {
    const { numbers, count } = this;
    const base = numbers[index]! + NODE_SAMPLES * numbers[count + index]!;
    numbers[index] = base;
    numbers[count + index] = (number - base) / NODE_SAMPLES;
  }
}

/** The weights of a fade: rising[n] = ½ − ½ cos(π (n + ½)/length), falling = 1 − rising; then 1 and 0 for `hold` samples. */
export class FadeCurve {
  readonly rising: number;
  readonly falling: number;

  constructor(
    kernels: StreamKernels,
    readonly length: number,
    hold = MAX_PIECE_SAMPLES + SPARE_SAMPLES,
  ) {
    const weights = new Float32Array(length + hold).fill(1);
    for (let n = 0; n < length; n++) weights[n] = 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / length);
    const rising = new Floats(kernels, weights.length);
    const falling = new Floats(kernels, weights.length);
    rising.numbers.set(weights);
    falling.numbers.set(weights.map((weight) => 1 - weight));
    this.rising = rising.address;
    this.falling = falling.address;
  }
}

/** Something that is on or off and fades from one to the other; turned back on the way, it goes back the way it came. */
export class Switch {
  private done: number;

  constructor(
    private readonly curve: FadeCurve,
    private on: boolean,
  ) {
    this.done = curve.length;
  }

  /** On, and the fade is over. */
  get isFullyOn(): boolean {
    return this.on && this.done === this.curve.length;
  }

  /** Off, and the fade is over. */
  get isFullyOff(): boolean {
    return !this.on && this.done === this.curve.length;
  }

  /** Address of the next samples' weights. */
  get weights(): number {
    return (this.on ? this.curve.rising : this.curve.falling) + 4 * this.done;
  }

  /** Address of 1 − the next samples' weights. */
  get otherWeights(): number {
    return (this.on ? this.curve.falling : this.curve.rising) + 4 * this.done;
  }

  turn(on: boolean): void {
    if (on === this.on) return;
    this.on = on;
    this.done = this.curve.length - this.done;
  }

  /** Ends a fade. */
  finish(): void {
    this.done = this.curve.length;
  }

  advance(length: number): void {
    this.done = Math.min(this.curve.length, this.done + length);
  }
}

/**
 * A table of numbers in the kernels' memory that is replaced by crossfading the sounds made with the old and the new
 * one. A table that comes during a fade waits for its end; of several, the latest is taken.
 */
export class FadedTable {
  /** Of what is heard, or fades out. */
  label = NaN;
  /** Of what fades in. */
  nextLabel = NaN;
  private readonly present: Floats;
  private readonly next: Floats;
  private done: number;
  private waiting: Float32Array | undefined;
  private waitingLabel = NaN;

  constructor(
    kernels: StreamKernels,
    length: number,
    private readonly curve: FadeCurve,
  ) {
    this.present = new Floats(kernels, length);
    this.next = new Floats(kernels, length);
    this.done = curve.length;
  }

  /** Whether both tables are heard. */
  get isFading(): boolean {
    return this.done < this.curve.length;
  }

  /** Where the table is that is heard, or fades out. */
  get address(): number {
    return this.present.address;
  }

  /** Where the table is that fades in. */
  get nextAddress(): number {
    return this.next.address;
  }

  /** Addresses of the next samples' weights. */
  get rising(): number {
    return this.curve.rising + 4 * this.done;
  }

  get falling(): number {
    return this.curve.falling + 4 * this.done;
  }

  /** The table from now on, without a fade. `label`: a number by which equal tables are known. */
  jumpTo(table: Float32Array, label: number): void {
    this.done = this.curve.length;
    this.waiting = undefined;
    this.label = label;
    this.present.numbers.set(table);
  }

  /** The table from the next {@link begin} on that does not fall into a fade. Keeps it until then. */
  moveTo(table: Float32Array, label: number): void {
    const isThere = label === (this.isFading ? this.nextLabel : this.label);
    this.waiting = isThere ? undefined : table;
    this.waitingLabel = label;
  }

  /** A fade may begin before the next sample. */
  begin(): void {
    if (this.waiting === undefined || this.isFading) return;
    this.next.numbers.set(this.waiting);
    this.nextLabel = this.waitingLabel;
    this.waiting = undefined;
    this.done = 0;
  }

  /** How many of the next `length` samples belong to the fade, or to the table that is heard alone. */
  part(length: number): number {
    return this.isFading ? Math.min(length, this.curve.length - this.done) : length;
  }

  advance(length: number): void {
    if (!this.isFading) return;
    this.done += length;
    if (!this.isFading) this.arrive();
  }

  /** As if all sound had passed: what fades in or waits is there. */
  finish(): void {
    if (this.isFading) {
      this.done = this.curve.length;
      this.arrive();
    }
    if (this.waiting) this.jumpTo(this.waiting, this.waitingLabel);
  }

  private arrive(): void {
    this.present.numbers.set(this.next.numbers);
    this.label = this.nextLabel;
  }
}

/** Numbers of one filter in kernels/stream.ts: g k m0 m1 m2, their steps, i1 twice, i2 twice. */
const GLIDING_FILTER_NUMBERS = 2 * STATE_VARIABLE_NUMBERS + 4;
const STATES = 2 * STATE_VARIABLE_NUMBERS;
/** Place of m0. */
const DIRECT = 2;
/** Places of a1, s1 and s2 in a still filter b0 b1 b2 a1 a2 s1 s2. */
const FEEDBACK = 3;
const STILL_STATES = 5;
const STILL_NUMBERS = 7;

/**
 * Filters in series, of one or two channels, that glide: they take over from filters in transposed direct form II and
 * hand the sound back to them. The still filters are at the beginning of `still`: b0 b1 b2 a1 a2 s1 s2 of each, every
 * number once per channel. Filters may have weights, from `places[weightsFrom]` on: a filter H of weight w is
 * 1 + w(H − 1).
 */
export class GlidingFilters {
  private readonly filters: Doubles;
  private readonly scratch: Floats;
  private readonly node = new Float64Array(STATE_VARIABLE_NUMBERS);

  constructor(
    private readonly kernels: StreamKernels,
    private readonly kinds: readonly BiquadKind[],
    private readonly channels: 1 | 2,
    private readonly still: Doubles,
    private readonly sampleRateHz: number,
  ) {
    this.filters = new Doubles(kernels, kinds.length * GLIDING_FILTER_NUMBERS);
    this.scratch = new Floats(kernels, 4 * NODE_SAMPLES);
  }

  /** Takes over from the still filters, whose {@link filterPlace}s begin at `places[from]`. */
  begin(places: Float64Array, from: number, weightsFrom?: number): void {
    const filters = this.filters.numbers;
    const still = this.still.numbers;
    const { channels } = this;
    for (let filter = 0; filter < this.kinds.length; filter++) {
      const at = filter * GLIDING_FILTER_NUMBERS;
      const stillAt = filter * STILL_NUMBERS * channels;
      this.write(filter, places, from, weightsFrom, filters, at);
      for (let lane = 0; lane < 2; lane++) {
        const states = stillAt + STILL_STATES * channels + (channels === 2 ? lane : 0);
        stateFromBiquad(
          still[states]!,
          still[states + channels]!,
          still[stillAt + FEEDBACK * channels]!,
          filters,
          at,
          filters,
          at + STATES + lane,
          2,
        );
      }
    }
  }

  /** On the way to other places within NODE_SAMPLES. */
  rampTo(places: Float64Array, from: number, weightsFrom?: number): void {
    const filters = this.filters.numbers;
    const { node } = this;
    for (let filter = 0; filter < this.kinds.length; filter++) {
      const at = filter * GLIDING_FILTER_NUMBERS;
      this.write(filter, places, from, weightsFrom, node, 0);
      for (let i = 0; i < STATE_VARIABLE_NUMBERS; i++)
        filters[at + STATE_VARIABLE_NUMBERS + i] = (node[i]! - filters[at + i]!) / NODE_SAMPLES;
    }
  }

  /** Hands the sound to the still filters, which have the coefficients of these places by now. */
  end(places: Float64Array, from: number, weightsFrom?: number): void {
    const filters = this.filters.numbers;
    const still = this.still.numbers;
    const { channels } = this;
    for (let filter = 0; filter < this.kinds.length; filter++) {
      const at = filter * GLIDING_FILTER_NUMBERS;
      const stillAt = filter * STILL_NUMBERS * channels;
      this.write(filter, places, from, weightsFrom, filters, at);
      for (let lane = 0; lane < channels; lane++)
        biquadFromState(
          filters[at + STATES + lane]!,
          filters[at + STATES + 2 + lane]!,
          still[stillAt + FEEDBACK * channels]!,
          filters,
          at,
          still,
          stillAt + STILL_STATES * channels + lane,
          channels,
        );
    }
  }

  /** At most NODE_SAMPLES. Addresses of samples; left and right may be the same, also of input and output. */
  run(left: number, right: number, outLeft: number, outRight: number, length: number): void {
    this.kernels.call.streamGlidingFilters(
      this.filters.address,
      this.kinds.length,
      left,
      right,
      outLeft,
      outRight,
      this.scratch.address,
      length,
    );
  }

  private write(
    filter: number,
    places: Float64Array,
    from: number,
    weightsFrom: number | undefined,
    out: Float64Array,
    at: number,
  ): void {
    const place = from + filter * FILTER_PLACE_NUMBERS;
    writeStateVariable(this.kinds[filter]!, places, place, this.sampleRateHz, out, at);
    if (weightsFrom === undefined) return;
    const weight = places[weightsFrom + filter]!;
    out[at + DIRECT] = 1 + weight * (out[at + DIRECT]! - 1);
    out[at + DIRECT + 1]! *= weight;
    out[at + DIRECT + 2]! *= weight;
  }
}
