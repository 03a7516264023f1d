/**
 * Loudness of a stream (ITU-R BS.1770-4, EBU Tech 3341): the numbers of #core/loudness, ten times a second.
 *
 * Energies are summed per 100 ms; momentary loudness is over the last 4 of them, short-term over the last 30 or as many
 * as there are. For the integrated loudness every block of 400 ms is counted by its level to 0.1 LU together with its
 * exact power, so only the place of the relative gate is rounded. Blocks do not reach across a {@link rest}.
 */
import { powerToLufs } from '#core/loudness/block-power.ts';
import { kWeighting } from '#core/loudness/k-weighting.ts';
import type { Biquad } from '#core/signal/biquad.ts';

const STEPS_PER_SECOND = 10;
const BLOCK_STEPS = 4;
const SHORT_TERM_STEPS = 30;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = 10;
const LOUDEST_LUFS = 40;
const LEVELS_PER_LU = 10;
const LEVELS = (LOUDEST_LUFS - ABSOLUTE_GATE_LUFS) * LEVELS_PER_LU;
/** Below this a filter's state is silence; subnormal numbers would make the loop many times slower. */
const SILENT_STATE = 1e-250;

const levelOf = (lufs: number): number =>
  Math.min(LEVELS - 1, Math.floor((lufs - ABSOLUTE_GATE_LUFS) * LEVELS_PER_LU));

/** Filters `x` by two biquads (transposed direct form II) and answers into `energy[0]`, adding. `state`: 4 numbers. */
function addEnergy(
  x: Float32Array,
  from: number,
  to: number,
  { b0, b1, b2, a1, a2 }: Biquad,
  { b0: c0, b1: c1, b2: c2, a1: d1, a2: d2 }: Biquad,
  state: Float64Array,
  energy: Float64Array,
): void {
  let s1 = state[0]!;
  let s2 = state[1]!;
  let r1 = state[2]!;
  let r2 = state[3]!;
  let sum = 0;
  for (let n = from; n < to; n++) {
    const input = x[n]!;
    const shelved = b0 * input + s1;
    s1 = b1 * input - a1 * shelved + s2;
    s2 = b2 * input - a2 * shelved;
    const output = c0 * shelved + r1;
    r1 = c1 * shelved - d1 * output + r2;
    r2 = c2 * shelved - d2 * output;
    sum += output * output;
  }
  const isSilent = Math.abs(s1) + Math.abs(s2) + Math.abs(r1) + Math.abs(r2) < SILENT_STATE;
  state[0] = isSilent ? 0 : s1;
  state[1] = isSilent ? 0 : s2;
  state[2] = isSilent ? 0 : r1;
  state[3] = isSilent ? 0 : r2;
  energy[0]! += sum;
}

export class LoudnessMeter {
  private readonly shelf: Biquad;
  private readonly highPass: Biquad;
  private readonly leftState = new Float64Array(4);
  private readonly rightState = new Float64Array(4);
  /** Energy of the step in hand. */
  private readonly energy = new Float64Array(1);
  /** Samples of each of the ten steps of a second. */
  private readonly stepLengths: readonly number[];
  private stepOfSecond = 0;
  private stepDone = 0;
  /** Energies of the last steps, a ring. */
  private readonly steps = new Float64Array(SHORT_TERM_STEPS);
  private stepsAt = 0;
  private stepCount = 0;
  private readonly blockPowers = new Float64Array(LEVELS);
  private readonly blockCounts = new Float64Array(LEVELS);
  private readonly stepSamples: number;

  constructor(sampleRateHz: number) {
    [this.shelf, this.highPass] = kWeighting(sampleRateHz);
    const start = (step: number) => Math.floor((step * sampleRateHz) / STEPS_PER_SECOND);
    this.stepLengths = Array.from({ length: STEPS_PER_SECOND }, (_, step) => start(step + 1) - start(step));
    this.stepSamples = sampleRateHz / STEPS_PER_SECOND;
  }

  measure(left: Float32Array, right: Float32Array, length: number): void {
    for (let from = 0; from < length;) {
      const stepLength = this.stepLengths[this.stepOfSecond]!;
      const to = Math.min(length, from + stepLength - this.stepDone);
      addEnergy(left, from, to, this.shelf, this.highPass, this.leftState, this.energy);
      addEnergy(right, from, to, this.shelf, this.highPass, this.rightState, this.energy);
      this.stepDone += to - from;
      from = to;
      if (this.stepDone === stepLength) this.endStep();
    }
  }

  private endStep(): void {
    this.stepDone = 0;
    this.stepOfSecond = (this.stepOfSecond + 1) % STEPS_PER_SECOND;
    this.steps[this.stepsAt] = this.energy[0]!;
    this.energy[0] = 0;
    this.stepsAt = (this.stepsAt + 1) % SHORT_TERM_STEPS;
    this.stepCount = Math.min(this.stepCount + 1, SHORT_TERM_STEPS);
    if (this.stepCount < BLOCK_STEPS) return;
    const power = this.powerOfLast(BLOCK_STEPS);
    const lufs = powerToLufs(power);
    if (lufs <= ABSOLUTE_GATE_LUFS) return;
    const level = levelOf(lufs);
    this.blockPowers[level]! += power;
    this.blockCounts[level]! += 1;
  }

  private powerOfLast(steps: number): number {
    let sum = 0;
    for (let back = 1; back <= steps; back++)
      sum += this.steps[(this.stepsAt + SHORT_TERM_STEPS - back) % SHORT_TERM_STEPS]!;
    return sum / (steps * this.stepSamples);
  }

  /** −Infinity before the first 100 ms and for silence; so are the others. */
  get momentaryLufs(): number {
    const steps = Math.min(BLOCK_STEPS, this.stepCount);
    return steps === 0 ? -Infinity : powerToLufs(this.powerOfLast(steps));
  }

  get shortTermLufs(): number {
    return this.stepCount === 0 ? -Infinity : powerToLufs(this.powerOfLast(this.stepCount));
  }

  /** Since the last {@link reset}. */
  get integratedLufs(): number {
    const ungated = this.meanLufsFrom(0);
    return ungated === -Infinity
      ? ungated
      : this.meanLufsFrom(Math.max(0, levelOf(ungated - RELATIVE_GATE_LU)));
  }

  private meanLufsFrom(level: number): number {
    let power = 0;
    let count = 0;
    for (let i = level; i < LEVELS; i++) {
      power += this.blockPowers[i]!;
      count += this.blockCounts[i]!;
    }
    return count === 0 ? -Infinity : powerToLufs(power / count);
  }

  /** The sound has stopped: momentary and short-term begin anew with the next, the integrated loudness goes on. */
  rest(): void {
    this.leftState.fill(0);
    this.rightState.fill(0);
    this.energy[0] = 0;
    this.stepOfSecond = this.stepDone = this.stepCount = 0;
  }

  /** The integrated loudness begins anew. */
  reset(): void {
    this.blockPowers.fill(0);
    this.blockCounts.fill(0);
  }
}
