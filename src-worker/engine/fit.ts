/**
 * The fit: from a dry and a wet recording to the settings of the chain that turn one into the other.
 *
 * Adam on raw parameters with a short warm-up and a cosine decay, at a rate twenty times the published one: every entry of
 * a raw vector has a range of a few units, and the decay removes the noise that a large rate leaves. With few segments every
 * step sees all of them, and idle threads follow further trajectories with other starts and rates; half way the worst take
 * over the settings of the best. With many segments every step sees a few, drawn from a working set that fits in memory and
 * changes now and then. What is kept is the best by the loss, never simply the last.
 */
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import type { LossTerms } from '#core/losses/index.ts';
import { Adam, type AdamState } from '#core/optimise/adam.ts';
import { Random } from '#core/optimise/random.ts';
import { learningRate } from '#core/optimise/schedule.ts';
import type { Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { availableParallelism } from 'node:os';
import { UNRELATED_PROMINENCE, calibrate, type CalibratedPair, type Calibration } from './calibrate.ts';
import { FAST } from './cpu/evaluator.ts';
import { delayCandidates } from './delay-candidates.ts';
import { loadKernelModule } from './kernel-module.ts';
import { FIT_PARAMETER_COUNT, type Evaluation, type Objective, type Segment } from './objective.ts';
import { cutSegments } from './segments.ts';
import { neutralStart, openStart, withDamping, withDelayTime } from './start.ts';
import { ThreadPool } from './thread-pool.ts';

export type { Calibration } from './calibrate.ts';

export interface FitOptions {
  /** Stop after this time; the rates then follow the clock and two runs differ slightly. */
  readonly budgetSeconds?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly threads?: number;
  /** Region of the dry to fit, in seconds. */
  readonly fromSeconds?: number;
  readonly toSeconds?: number;
  /** `auto` unless given; a raw vector of 151 to start from that setting. */
  readonly init?: 'neutral' | 'auto' | Float64Array;
  /** Indices of parameters that keep their starting value. */
  readonly locked?: readonly number[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
  /** Called every few steps with all that is needed to go on from there; see `resume`. */
  readonly onCheckpoint?: (checkpoint: FitCheckpoint) => void;
  /** A checkpoint of a fit of the same pair with the same options. */
  readonly resume?: FitCheckpoint;
}

export interface FitProgress {
  readonly step: number;
  /** Segments evaluated so far. */
  readonly evaluations: number;
  readonly elapsed: number;
  /** Of the best settings so far. */
  readonly loss: number;
  readonly terms: LossTerms;
  /** The best settings so far, 151 raw values. */
  readonly raw: Float64Array;
  readonly phase: 'start' | 'fit' | 'finish';
  /** 0..1 */
  readonly fraction: number;
}

export interface FitResult {
  /** 151 raw values. */
  readonly raw: Float64Array;
  readonly calibration: Calibration;
  readonly loss: number;
  readonly terms: LossTerms;
  readonly initialLoss: number;
  readonly steps: number;
  readonly evaluations: number;
  readonly elapsed: number;
  readonly stopped: 'converged' | 'budget' | 'interrupted';
  readonly warnings: string[];
  readonly correlation: number;
}

interface TrajectoryState {
  readonly raw: readonly number[];
  readonly adam: AdamState;
  readonly rateScale: number;
  readonly best: { readonly raw: readonly number[]; readonly loss: number; readonly terms: LossTerms };
}

/** A fit stopped between two steps. */
export interface FitCheckpoint {
  readonly step: number;
  readonly evaluations: number;
  readonly initialLoss: number;
  readonly randomState: number;
  readonly trajectories: readonly TrajectoryState[];
}

/** Largest rates of the trajectories, the first for a fit that has only one. */
const RATES = [0.2, 0.3, 0.15, 0.4];
const STEPS_ALL_SEGMENTS = 170;
const STEPS_BATCHES = 240;
/** Up to this many segments a thread, every step sees all of them. */
const ALL_SEGMENTS_A_THREAD = 2;
const BATCH_A_THREAD = 2;
/** Segments kept in the threads' memory together. */
const WORKING_SET = 14;
const WORKING_SETS = 3;
const MERGE_AT = 0.5;
const CHECKPOINT_STEPS = 10;
/** Smoothing of a batch's loss, which is a noisy view of the whole. */
const BATCH_LOSS_DECAY = 0.9;
/** A step back after NaN or infinity shrinks the rate by this; so many in a row end the fit. */
const BACK_OFF = 0.5;
const MAX_BACK_OFFS = 6;

interface Best {
  raw: Float64Array;
  loss: number;
  terms: LossTerms;
}

const isFiniteEvaluation = ({ total, gradient }: Evaluation): boolean =>
  Number.isFinite(total) && (gradient?.every(Number.isFinite) ?? true);

/** Names of the parameters whose gradient is not a number, for a report. */
function culprits(gradient: Float64Array | undefined): string {
  const names = CHAIN_PARAMETERS.flatMap(({ id }, i) => (gradient && !Number.isFinite(gradient[i]!) ? [id] : []));
  if (names.length === 0) return 'the loss';
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

/** One descent; several may run side by side on different threads. */
class Trajectory {
  best: Best;
  private adam = new Adam(FIT_PARAMETER_COUNT);
  private raw: Float64Array;
  private smoothedLoss = Number.NaN;
  private backOffs = 0;

  constructor(
    start: Float64Array,
    private rateScale: number,
    readonly objective: Objective,
    private readonly locked: readonly number[],
    private readonly warn: (message: string) => void,
  ) {
    this.raw = start.slice();
    this.best = { raw: start.slice(), loss: Infinity, terms: { mss_lr: NaN, mss_ms: NaN, mldr_lr: NaN, mldr_ms: NaN } };
  }

  /** One step on these segments; `isWhole` if they are all there are. False when it had to give up. */
  async step(segments: readonly number[], fraction: number, isWhole: boolean): Promise<boolean> {
    const evaluation = await this.objective.evaluate(this.raw, segments, 'train', true);
    if (!isFiniteEvaluation(evaluation)) return this.backOff(evaluation);
    this.backOffs = 0;
    this.keepIfBetter(evaluation, isWhole);
    const gradient = evaluation.gradient!;
    for (const index of this.locked) gradient[index] = 0;
    this.adam.step(this.raw, gradient, learningRate(this.rateScale, fraction));
    return true;
  }

  private keepIfBetter({ total, terms, delayRegulariser }: Evaluation, isWhole: boolean): void {
    const loss = total - delayRegulariser;
    if (isWhole) {
      if (loss < this.best.loss) this.best = { raw: this.raw.slice(), loss, terms };
      return;
    }
    this.smoothedLoss = Number.isNaN(this.smoothedLoss)
      ? loss
      : BATCH_LOSS_DECAY * this.smoothedLoss + (1 - BATCH_LOSS_DECAY) * loss;
    this.best = { raw: this.raw.slice(), loss: this.smoothedLoss, terms };
  }

  private backOff({ gradient }: Evaluation): boolean {
    this.warn(`The fit met a number that is not finite (${culprits(gradient)}) and stepped back to the best setting so far.`);
    this.raw = this.best.raw.slice();
    this.adam = new Adam(FIT_PARAMETER_COUNT);
    this.rateScale *= BACK_OFF;
    return ++this.backOffs < MAX_BACK_OFFS;
  }

  /** Goes on from another's best settings, with its own rate. */
  adopt(other: Best): void {
    this.best = { ...other, raw: other.raw.slice() };
    this.raw = other.raw.slice();
    this.adam = new Adam(FIT_PARAMETER_COUNT);
  }

  get state(): TrajectoryState {
    const { raw, loss, terms } = this.best;
    return { raw: [...this.raw], adam: this.adam.state, rateScale: this.rateScale, best: { raw: [...raw], loss, terms } };
  }

  set state({ raw, adam, rateScale, best }: TrajectoryState) {
    this.raw = Float64Array.from(raw);
    this.adam.state = adam;
    this.rateScale = rateScale;
    this.best = { raw: Float64Array.from(best.raw), loss: best.loss, terms: best.terms };
  }
}

/** Which segments a step sees. */
class Batches {
  private workingSet: number[] = [];
  private queue: number[] = [];
  private setNumber = -1;
  readonly isWhole: boolean;

  constructor(
    private readonly count: number,
    private readonly threads: number,
    private readonly random: Random,
  ) {
    this.isWhole = count <= ALL_SEGMENTS_A_THREAD * threads;
  }

  next(fraction: number): number[] {
    if (this.isWhole) return Array.from({ length: this.count }, (_, i) => i);
    const setNumber = Math.min(WORKING_SETS - 1, Math.floor(fraction * WORKING_SETS));
    if (setNumber !== this.setNumber) {
      this.setNumber = setNumber;
      this.workingSet = this.draw();
      this.queue = [];
    }
    const size = Math.min(this.workingSet.length, BATCH_A_THREAD * this.threads);
    while (this.queue.length < size)
      this.queue.push(...this.random.permutation(this.workingSet.length).map((i) => this.workingSet[i]!));
    // Segment i belongs to thread i mod threads: take as many of each thread's as fit.
    const batch: number[] = [];
    for (let place = 0; batch.length < size && place < this.queue.length; ) {
      const index = this.queue[place]!;
      const sameThread = batch.filter((other) => other % this.threads === index % this.threads).length;
      if (sameThread < BATCH_A_THREAD && !batch.includes(index)) {
        batch.push(index);
        this.queue.splice(place, 1);
      } else place++;
    }
    return batch;
  }

  private draw(): number[] {
    const perThread = Math.floor(WORKING_SET / this.threads);
    const order = this.random.permutation(this.count);
    return Array.from({ length: this.threads }, (_, thread) =>
      order.filter((index) => index % this.threads === thread).slice(0, Math.max(1, perThread)),
    ).flat();
  }
}

function regionOf(pair: CalibratedPair, { fromSeconds = 0, toSeconds = Infinity }: FitOptions): CalibratedPair {
  // Times are those of the dry file; the aligned pair starts where both have sound.
  const lead = Math.max(0, -pair.calibration.offsetSamples);
  const start = Math.max(0, Math.round(fromSeconds * FIT_SAMPLE_RATE_HZ) - lead);
  const end = Math.min(pair.dryMono.length, Math.max(0, Math.round(toSeconds * FIT_SAMPLE_RATE_HZ) - lead));
  const cut = (samples: Float32Array) => samples.subarray(start, Math.max(start, end));
  return { ...pair, dryMono: cut(pair.dryMono), wet: [cut(pair.wet[0]), cut(pair.wet[1])] };
}

function pairWarnings({ correlation, prominence }: CalibratedPair): string[] {
  if (prominence >= UNRELATED_PROMINENCE) return [];
  return [
    `The wet does not seem to be made from this dry (correlation ${correlation.toFixed(3)}); check that both are the same take.`,
  ];
}

/** Starts of `count` trajectories: the first from the best guess of the delay time, the others from further ones. */
function starts(init: FitOptions['init'], count: number, segments: readonly Segment[], locked: readonly number[], random: Random): Float64Array[] {
  if (init instanceof Float64Array) return Array.from({ length: count }, () => withDamping(init));
  if (init === 'neutral') return Array.from({ length: count }, () => withDamping(neutralStart(random)));
  const isTimeLocked = locked.some((index) => CHAIN_PARAMETERS[index]?.id === 'delay.time');
  const candidates = isTimeLocked ? [] : delayCandidates(segments);
  return Array.from({ length: count }, (_, i) => {
    const start = withDamping(openStart(random));
    const candidate = candidates[i % Math.max(1, candidates.length)];
    return candidate === undefined ? start : withDelayTime(start, candidate);
  });
}

/**
 * Fits the chain. `dry` and `wet` are at 44.1 kHz; the dry's channels are averaged.
 * Resolves with the best settings also when stopped by the signal or the budget.
 * Throws UserError('bad-input') when there is nothing to fit.
 */
export async function fitPair(dry: Audio, wet: Audio, options: FitOptions): Promise<FitResult> {
  const startTime = performance.now();
  const elapsed = () => (performance.now() - startTime) / 1000;
  const pair = regionOf(calibrate(dry, wet, { align: true, normalise: true }), options);
  const segments = cutSegments(pair.dryMono, pair.wet);
  if (segments.length === 0)
    throw new UserError('bad-input', 'The dry or the wet is silent in the part to fit; choose another region.');
  const warnings = pairWarnings(pair);
  const warn = (message: string): void => {
    if (!warnings.includes(message)) warnings.push(message);
  };
  const threads = options.threads ?? availableParallelism();
  const threadsATrajectory = Math.min(threads, segments.length);
  const trajectoryCount = Math.max(1, Math.min(RATES.length, Math.floor(threads / threadsATrajectory)));
  const used = threadsATrajectory * trajectoryCount;
  const pool = new ThreadPool(await loadKernelModule(), segments, FAST, used);
  try {
    const random = new Random((options.seed ?? 0) + 1);
    const locked = options.locked ?? [];
    const trajectories = starts(options.init ?? 'auto', trajectoryCount, segments, locked, random).map(
      (start, i) =>
        new Trajectory(start, RATES[i]!, pool.objective(i * threadsATrajectory, threadsATrajectory), locked, warn),
    );
    const run = new FitRun(trajectories, segments.length, threadsATrajectory, random, options, elapsed);
    const outcome = await run.run();
    return {
      ...outcome,
      raw: outcome.raw.slice(0, PARAMETER_COUNT),
      calibration: pair.calibration,
      warnings,
      correlation: pair.correlation,
    };
  } finally {
    await pool.end();
  }
}

class FitRun {
  private step = 0;
  private evaluations = 0;
  private initialLoss = NaN;
  private isMerged = false;
  private readonly batches: Batches;
  private readonly steps: number | undefined;

  constructor(
    private readonly trajectories: readonly Trajectory[],
    private readonly segmentCount: number,
    threads: number,
    private readonly random: Random,
    private readonly options: FitOptions,
    private readonly elapsed: () => number,
  ) {
    this.batches = new Batches(segmentCount, threads, random);
    const byDefault = this.batches.isWhole ? STEPS_ALL_SEGMENTS : STEPS_BATCHES;
    this.steps = options.steps ?? (options.budgetSeconds === undefined ? byDefault : undefined);
  }

  private get all(): number[] {
    return Array.from({ length: this.segmentCount }, (_, i) => i);
  }

  private get best(): Best {
    return this.trajectories.reduce((a, b) => (b.best.loss < a.best.loss ? b : a)).best;
  }

  private fraction(): number {
    const byStep = this.steps === undefined ? 0 : this.step / this.steps;
    const { budgetSeconds } = this.options;
    return Math.max(byStep, budgetSeconds === undefined ? 0 : this.elapsed() / budgetSeconds);
  }

  async run(): Promise<Omit<FitResult, 'calibration' | 'warnings' | 'correlation'>> {
    if (this.options.resume) this.restore(this.options.resume);
    else await this.begin();
    let isAlive = true;
    while (isAlive && !this.options.signal?.aborted && this.fraction() < 1) {
      const fraction = this.fraction();
      this.mergeOnce(fraction);
      const segments = this.batches.next(fraction);
      const alive = await Promise.all(this.trajectories.map((t) => t.step(segments, fraction, this.batches.isWhole)));
      isAlive = alive.some(Boolean);
      this.step++;
      this.evaluations += segments.length * this.trajectories.length;
      this.report('fit');
      if (this.options.onCheckpoint && this.step % CHECKPOINT_STEPS === 0) this.options.onCheckpoint(this.checkpoint());
    }
    const best = await this.finish();
    const isLimited = this.options.steps !== undefined || this.options.budgetSeconds !== undefined;
    return {
      raw: best.raw,
      loss: best.loss,
      terms: best.terms,
      initialLoss: this.initialLoss,
      steps: this.step,
      evaluations: this.evaluations,
      elapsed: this.elapsed(),
      stopped: this.options.signal?.aborted ? 'interrupted' : isLimited ? 'budget' : 'converged',
    };
  }

  /** Loss of every trajectory's start over all segments. */
  private async begin(): Promise<void> {
    await Promise.all(this.trajectories.map((t) => this.score(t)));
    this.initialLoss = this.best.loss;
    this.report('start');
  }

  private async score(trajectory: Trajectory): Promise<void> {
    const { total, terms } = await trajectory.objective.evaluate(trajectory.best.raw, this.all, 'eval', false);
    this.evaluations += this.segmentCount;
    trajectory.best = { ...trajectory.best, loss: Number.isFinite(total) ? total : Infinity, terms };
  }

  private mergeOnce(fraction: number): void {
    if (this.isMerged || fraction < MERGE_AT) return;
    this.isMerged = true;
    const { best } = this;
    for (const trajectory of this.trajectories) if (trajectory.best !== best) trajectory.adopt(best);
  }

  /** With batches the last settings have been seen on part of the segments only: score them on all. */
  private async finish(): Promise<Best> {
    if (!this.batches.isWhole) await Promise.all(this.trajectories.map((t) => this.score(t)));
    this.report('finish');
    return this.best;
  }

  private report(phase: FitProgress['phase']): void {
    const { loss, terms, raw } = this.best;
    this.options.onProgress?.({
      step: this.step,
      evaluations: this.evaluations,
      elapsed: this.elapsed(),
      loss,
      terms,
      raw: raw.slice(0, PARAMETER_COUNT),
      phase,
      fraction: Math.min(1, this.fraction()),
    });
  }

  private checkpoint(): FitCheckpoint {
    return {
      step: this.step,
      evaluations: this.evaluations,
      initialLoss: this.initialLoss,
      randomState: this.random.seed,
      trajectories: this.trajectories.map(({ state }) => state),
    };
  }

  private restore(checkpoint: FitCheckpoint): void {
    this.step = checkpoint.step;
    this.evaluations = checkpoint.evaluations;
    this.initialLoss = checkpoint.initialLoss;
    this.isMerged = this.fraction() > MERGE_AT;
    checkpoint.trajectories.forEach((state, i) => {
      if (this.trajectories[i]) this.trajectories[i].state = state;
    });
  }
}
