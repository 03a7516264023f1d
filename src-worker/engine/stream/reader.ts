/**
 * Reads dry and target sample by sample: from a position on, around a loop, across a seek.
 *
 * A loop [s, e) sounds like this, with a seam of S samples and w rising from 0 to 1:
 *
 *   y[n] = x[n],  n < e − S        y[n] = (1 − w) x[n] + w x[n − (e − s)],  e − S ≤ n < e,  then n = s
 *
 * so it repeats every e − s samples exactly, and what begins at s begins as it is. Before the first sample the first one
 * is repeated. A seek, and a change of the loop, fades from how it would have gone on to the new place.
 * Both fades are raised cosines that add up to 1: they leave material that agrees with itself as it is, and a dip
 * of 3 dB for some milliseconds where it does not cannot be heard.
 */
import { MAX_PIECE_SAMPLES } from '#core/effects/processor.ts';

const SEAM_SECONDS = 0.005;
const TURN_SECONDS = 0.01;
const SHORTEST_LOOP_SECONDS = 0.02;

/** Weights of what comes, for each sample of a fade; what goes has 1 minus that. */
function risingCosine(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / (length + 1)));
}

const NOTHING = new Float32Array(0);

/** What is played, all on the dry's timeline; empty where there is none. */
interface Material {
  readonly dry: Float32Array;
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly lengthSamples: number;
}

/** One piece of the material, and where each sample is on the timeline. */
class Piece {
  readonly dry = new Float32Array(MAX_PIECE_SAMPLES);
  readonly left = new Float32Array(MAX_PIECE_SAMPLES);
  readonly right = new Float32Array(MAX_PIECE_SAMPLES);
  readonly positions = new Float64Array(MAX_PIECE_SAMPLES);
}

const at = (x: Float32Array, position: number): number => (position < x.length ? x[position]! : 0);

class Playhead {
  position = 0;
  isLooping = false;
  loopStart = 0;
  loopEnd = 0;

  copy(other: Playhead): void {
    this.position = other.position;
    this.copyLoop(other);
  }

  copyLoop(other: Playhead): void {
    this.isLooping = other.isLooping;
    this.loopStart = other.loopStart;
    this.loopEnd = other.loopEnd;
  }

  /** Reads on; beyond the end there is silence. */
  read({ dry, left, right }: Material, seam: Float64Array, into: Piece, length: number): void {
    const { isLooping, loopEnd, loopStart } = this;
    const period = loopEnd - loopStart;
    const seamStart = isLooping ? loopEnd - seam.length : Infinity;
    let { position } = this;
    for (let i = 0; i < length; i++) {
      into.positions[i] = position;
      into.dry[i] = at(dry, position);
      into.left[i] = at(left, position);
      into.right[i] = at(right, position);
      if (position >= seamStart && position < loopEnd) {
        const w = seam[position - seamStart]!;
        const coming = Math.max(0, position - period);
        into.dry[i] = (1 - w) * at(dry, position) + w * at(dry, coming);
        into.left[i] = (1 - w) * at(left, position) + w * at(left, coming);
        into.right[i] = (1 - w) * at(right, position) + w * at(right, coming);
      }
      position++;
      if (isLooping && position === loopEnd) position = loopStart;
    }
    this.position = position;
  }
}

export class Reader {
  /** What {@link read} has read. */
  readonly piece = new Piece();
  private readonly leftBehind = new Piece();
  private readonly head = new Playhead();
  /** Goes on for a while as if there had been no turn. */
  private readonly oldHead = new Playhead();
  private readonly seam: Float64Array;
  private readonly turn: Float64Array;
  private readonly shortestLoop: number;
  private turnDone: number;
  private readonly wishedLoop = { isOn: false, start: 0, end: 0 };
  /** As wished, within the material. */
  private readonly loop = new Playhead();
  /** A turn to make: to this position (−1: stay), with the loop as it is then. */
  private turnTo = -1;
  private isTurnWanted = false;
  /** What is read. */
  private material: Material = { dry: NOTHING, left: NOTHING, right: NOTHING, lengthSamples: 0 };
  /** What is read after the next start; all places are in this one. */
  private latest = this.material;

  constructor(sampleRateHz: number) {
    this.seam = risingCosine(Math.round(SEAM_SECONDS * sampleRateHz));
    this.turn = risingCosine(Math.round(TURN_SECONDS * sampleRateHz));
    this.shortestLoop = Math.ceil(SHORTEST_LOOP_SECONDS * sampleRateHz);
    this.turnDone = this.turn.length;
  }

  /** Of the longer of dry and target. */
  get lengthSamples(): number {
    return this.latest.lengthSamples;
  }

  /** Where playback begins from nothing. */
  get startPosition(): number {
    return this.loop.isLooping ? this.loop.loopStart : 0;
  }

  /** The dry has been read to its end, which does not come again. False without a dry. */
  get hasDryEnded(): boolean {
    const { length } = this.material.dry;
    return length > 0 && this.hasPassed(length);
  }

  /** Everything has been read, and nothing comes again. */
  get hasEnded(): boolean {
    return this.hasPassed(this.material.lengthSamples);
  }

  private hasPassed(end: number): boolean {
    return !this.head.isLooping && this.turnDone === this.turn.length && this.head.position >= end;
  }

  /** New material, from the next {@link start} on, which is due. */
  load(dry: Float32Array | null, target: readonly [Float32Array, Float32Array] | null): void {
    const [left, right] = target ?? [NOTHING, NOTHING];
    const lengthSamples = Math.max(dry?.length ?? 0, left.length, right.length);
    this.latest = { dry: dry ?? NOTHING, left, right, lengthSamples };
    this.fitLoop();
  }

  /**
   * Takes effect with the next {@link start}, {@link turnTowards} or {@link adoptLoop}. Too short a loop is widened; too
   * short material is not looped.
   */
  setLoop(isOn: boolean, start: number, end: number): void {
    this.wishedLoop.isOn = isOn;
    this.wishedLoop.start = Math.min(start, end);
    this.wishedLoop.end = Math.max(start, end);
    this.fitLoop();
  }

  private fitLoop(): void {
    const { loop, wishedLoop, shortestLoop, lengthSamples } = this;
    loop.isLooping = wishedLoop.isOn && lengthSamples >= shortestLoop;
    loop.loopStart = Math.max(0, Math.min(wishedLoop.start, lengthSamples - shortestLoop));
    loop.loopEnd = Math.min(lengthSamples, Math.max(wishedLoop.end, loop.loopStart + shortestLoop));
  }

  /** The position in the material that is played when asked for `position`: past a loop there is only its start. */
  place(position: number): number {
    const { isLooping, loopStart, loopEnd } = this.loop;
    return isLooping && position >= loopEnd ? loopStart : Math.max(0, Math.min(position, this.lengthSamples));
  }

  /** Reads from here on, without a fade. */
  start(position: number): void {
    this.material = this.latest;
    this.goTo(position);
  }

  private goTo(position: number): void {
    this.head.position = this.place(position);
    this.adoptLoop();
    this.turnDone = this.turn.length;
    this.isTurnWanted = false;
    this.turnTo = -1;
  }

  /** Reads on where it is, with the loop as it is now, without a fade. */
  adoptLoop(): void {
    this.head.copyLoop(this.loop);
  }

  /** Fades to `position` (−1: to where it is), with the loop as it is now, as soon as the fade before is over. */
  turnTowards(position: number): void {
    this.isTurnWanted = true;
    if (position >= 0) this.turnTo = position;
  }

  /** How much of `length` can be read until something ends: the dry, or a fade. Makes a turn that is due. */
  prepare(length: number): number {
    const { head, turn } = this;
    if (this.isTurnWanted && this.turnDone === turn.length) {
      this.oldHead.copy(head);
      this.goTo(this.turnTo < 0 ? head.position : this.turnTo);
      this.turnDone = 0;
    }
    let piece = Math.min(length, MAX_PIECE_SAMPLES);
    if (this.turnDone < turn.length) piece = Math.min(piece, turn.length - this.turnDone);
    const untilEnd = this.material.dry.length - head.position;
    return head.isLooping || untilEnd <= 0 ? piece : Math.min(piece, untilEnd);
  }

  /** Reads as much as {@link prepare} allowed into {@link piece}. */
  read(length: number): void {
    const { piece, leftBehind, turn, turnDone } = this;
    this.head.read(this.material, this.seam, piece, length);
    if (turnDone === turn.length) return;
    this.oldHead.read(this.material, this.seam, leftBehind, length);
    for (let i = 0; i < length; i++) {
      const w = turn[turnDone + i]!;
      piece.dry[i] = (1 - w) * leftBehind.dry[i]! + w * piece.dry[i]!;
      piece.left[i] = (1 - w) * leftBehind.left[i]! + w * piece.left[i]!;
      piece.right[i] = (1 - w) * leftBehind.right[i]! + w * piece.right[i]!;
    }
    this.turnDone += length;
  }
}
