/**
 * The fit: from a dry and a wet recording to the settings of the chain that turn one into the other.
 *
 * Adam on raw parameters with a short warm-up and a late cosine decay, at a rate thirty times the published one: every entry
 * of a raw vector has a range of a few units, and the decay removes the noise that a large rate leaves. With few segments every
 * step sees all of them, and idle threads follow further trajectories with other starts and rates; half way the worst take
 * over the settings of the best. With many segments every step sees a few, drawn from a working set that fits in memory and
 * changes now and then; on a GPU that is fast enough for it, every step sees all of them even so. What the trajectories have
 * found is judged by the exact loss over all segments, and the best is kept, never simply the last.
 */
import type { Backend, BackendUse } from '#core/backend.ts';
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import type { LossTerms } from '#core/losses/index.ts';
import { Random } from '#core/optimise/random.ts';
import type { Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { availableParallelism } from 'node:os';
import {
  UNRELATED_PROMINENCE,
  calibrate,
  type CalibratedPair,
  type Calibration,
  type KnownAlignment,
} from './calibrate.ts';
import { openEvaluations, type Evaluations, type OpenGpu } from './backend.ts';
import { Batches, firstBatch, type BatchesState } from './batches.ts';
import { Course, Stopwatch } from './course.ts';
import { CpuEvaluations } from './cpu-evaluations.ts';
import { EXACT } from './cpu/evaluator.ts';
import { delayCandidates } from './delay-candidates.ts';
import { fineOffset } from './fine-offset.ts';
import { loadKernelModule } from './kernel-module.ts';
import type { Segment } from './objective.ts';
import { MEASURED_DELAY_TIME_SCALE, rateScales } from './rate-scales.ts';
import { cutSegments } from './segments.ts';
import { neutralStart, openStart, withDamping, withDelayTime } from './start.ts';
import { ThreadPool } from './thread-pool.ts';
import { Trajectory, type Best, type TrajectoryState } from './trajectory.ts';

export type { Calibration } from './calibrate.ts';

export interface FitOptions {
  /** Stop after this time; the rates then follow the clock and two runs differ slightly. */
  readonly budgetSeconds?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly threads?: number;
  /** What evaluates; the processor unless given. */
  readonly backend?: Backend;
  /** How this host reaches a GPU. */
  readonly openGpu?: OpenGpu;
  /** Region of the dry to fit, in seconds. */
  readonly fromSeconds?: number;
  readonly toSeconds?: number;
  /** `auto` unless given; a raw vector of 151 to start from that setting. */
  readonly init?: 'neutral' | 'auto' | Float64Array;
  /** Indices of parameters that keep their starting value. */
  readonly locked?: readonly number[];
  /** 151 raw values that the locked parameters start with and keep, wherever the others start. */
  readonly lockedAt?: Float64Array;
  /** Where the wet lies, instead of measuring it; its fraction of a sample is still measured. */
  readonly alignment?: KnownAlignment;
  readonly signal?: AbortSignal;
  /** Awaited between steps; holds the fit until it resolves. The time in there does not count. */
  readonly gate?: () => Promise<void>;
  /** Told in a few words what takes a moment before the first progress. */
  readonly onWork?: (text: string) => void;
  /** Called with every warning at once; all are in the result too. */
  readonly onWarning?: (message: string) => void;
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
  readonly use: BackendUse;
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
  /** What evaluated in the end. */
  readonly use: BackendUse;
  readonly warnings: string[];
  readonly correlation: number;
}

/** A fit stopped between two steps; going on from it gives the same up to the last digits of the first step. */
export interface FitCheckpoint {
  readonly step: number;
  readonly evaluations: number;
  /** Seconds that the fit has taken so far. */
  readonly elapsed: number;
  /** How far it was by its steps, 0..1. */
  readonly fractionOfSteps: number;
  /** Whether all trajectories have gone on from the best. */
  readonly isMerged: boolean;
  readonly random: number;
  readonly batches: BatchesState;
  readonly trajectories: readonly TrajectoryState[];
}

/** How the trajectories differ; the first is for a fit that has only one. One lets the delay time wander. */
const STYLES: readonly { readonly rate: number; readonly delayTimeScale?: number }[] = [
  { rate: 0.3 },
  { rate: 0.2 },
  { rate: 0.25, delayTimeScale: 1 },
  { rate: 0.4 },
];
const STEPS_ALL_SEGMENTS = 170;
const STEPS_BATCHES = 220;
/** Every step sees all segments, however many, where so many steps take no longer than this or the time given. */
const ALL_SEGMENTS_SECONDS = 60;
const MERGE_AT = 0.5;
/** A pair of 1 s may lose a little to its offset; the dynamics loss needs 0.95 s. */
const SMALLEST_SAMPLES = 0.96 * FIT_SAMPLE_RATE_HZ;
const CHECKPOINT_STEPS = 10;

function regionOf(
  pair: CalibratedPair,
  { fromSeconds = 0, toSeconds = Infinity }: FitOptions,
): CalibratedPair {
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

/** A start with the values that the locked parameters are to keep. */
function withLocked(
  start: Float64Array,
  { locked = [], lockedAt }: Pick<FitOptions, 'locked' | 'lockedAt'>,
): Float64Array {
  if (lockedAt) for (const index of locked) start[index] = lockedAt[index]!;
  return start;
}

/** Delay times in ms that a fit starts from, as measured; none where it is told where to start. */
function measuredEchoes({ init = 'auto', locked = [] }: FitOptions, segments: readonly Segment[]): number[] {
  const isTimeLocked = locked.some((index) => CHAIN_PARAMETERS[index]?.id === 'delay.time');
  return init === 'auto' && !isTimeLocked ? delayCandidates(segments) : [];
}

/** Starts of `count` trajectories: the first from the most prominent echo, the others from further ones. */
function starts(
  init: FitOptions['init'],
  count: number,
  echoes: readonly number[],
  random: Random,
): Float64Array[] {
  if (init instanceof Float64Array) return Array.from({ length: count }, () => withDamping(init));
  if (init === 'neutral') return Array.from({ length: count }, () => withDamping(neutralStart(random)));
  return Array.from({ length: count }, (_, i) => {
    const start = withDamping(openStart(random));
    const echo = echoes[i % Math.max(1, echoes.length)];
    return echo === undefined ? start : withDelayTime(start, echo);
  });
}

/**
 * Fits the chain. `dry` and `wet` are at 44.1 kHz; the dry's channels are averaged.
 * Resolves with the best settings also when stopped by the signal or the budget.
 * Throws UserError('bad-input') when there is nothing to fit.
 */
export async function fitPair(dry: Audio, wet: Audio, options: FitOptions): Promise<FitResult> {
  const stopwatch = new Stopwatch(options.resume?.elapsed);
  const pair = regionOf(calibrate(dry, wet, { align: options.alignment ?? true, normalise: true }), options);
  if (pair.dryMono.length < SMALLEST_SAMPLES)
    throw new UserError(
      'bad-input',
      `Only ${(pair.dryMono.length / FIT_SAMPLE_RATE_HZ).toFixed(2)} s of the dry and the wet coincide in the part to fit; a fit needs at least 1 s.`,
    );
  const segments = cutSegments(pair.dryMono, pair.wet);
  if (segments.length === 0)
    throw new UserError(
      'bad-input',
      'The dry or the wet is silent in the part to fit; choose another region.',
    );
  const warnings: string[] = [];
  const warn = (message: string): void => {
    if (warnings.includes(message)) return;
    warnings.push(message);
    options.onWarning?.(message);
  };
  pairWarnings(pair).forEach(warn);
  const threads = options.threads ?? availableParallelism();
  const threadsATrajectory = Math.min(threads, segments.length);
  const trajectoryCount = Math.max(1, Math.min(STYLES.length, Math.floor(threads / threadsATrajectory)));
  const module = await loadKernelModule();
  const random = new Random((options.seed ?? 0) + 1);
  const locked = options.locked ?? [];
  const echoes = measuredEchoes(options, segments);
  const startPoints = starts(options.init ?? 'auto', trajectoryCount, echoes, random).map((start) =>
    withLocked(start, options),
  );
  const choosing = openEvaluations({
    backend: options.backend ?? 'cpu',
    openGpu: options.openGpu,
    cpu: new CpuEvaluations(module, segments, trajectoryCount, threadsATrajectory),
    segments,
    starts: startPoints,
    batch: firstBatch(segments.length, threadsATrajectory),
    wholeStepSeconds: (options.budgetSeconds ?? ALL_SEGMENTS_SECONDS) / STEPS_ALL_SEGMENTS,
    exact: async (raw, indices) => {
      const compared = indices.map((index) => segments[index]!);
      const count = Math.min(threads, compared.length);
      const pool = new ThreadPool(module, compared, EXACT, count, 1);
      const all = compared.map((_, i) => i);
      return pool
        .objective(0, count)
        .evaluate(raw, all, 'train', true)
        .finally(() => pool.end());
    },
    warn,
    onWork: options.onWork,
    signal: options.signal,
  });
  // A budget is for the fit, not for trying where it is faster.
  const evaluations = await stopwatch.without(choosing);
  const outcome = await descend().finally(() => evaluations.end());
  const [initial, ...finalists] = await scoreExactly(
    module,
    segments,
    [outcome.start ?? startPoints[0]!, ...outcome.finalists],
    Math.min(threads, segments.length),
  );
  const best = finalists.reduce((a, b) => (b.loss < a.loss ? b : a), initial!);
  const raw = best.raw.slice(0, PARAMETER_COUNT);
  const offsetSamples = pair.calibration.offsetSamples + fineOffset(module, raw, pair.dryMono, pair.wet);
  return {
    raw,
    calibration: { ...pair.calibration, offsetSamples },
    loss: best.loss,
    terms: best.terms,
    initialLoss: initial!.loss,
    steps: outcome.steps,
    evaluations: outcome.evaluations,
    elapsed: stopwatch.seconds,
    stopped: outcome.stopped,
    use: evaluations.use,
    warnings,
    correlation: pair.correlation,
  };

  function descend(): Promise<Descent> {
    const careful = echoes.length > 0 ? MEASURED_DELAY_TIME_SCALE : undefined;
    const trajectories = startPoints.map(
      (start, i) =>
        new Trajectory(
          start,
          STYLES[i]!.rate,
          rateScales(STYLES[i]!.delayTimeScale ?? careful),
          evaluations.objective(i),
          locked,
          warn,
        ),
    );
    const batches = new Batches(segments.length, threadsATrajectory, random);
    return new FitRun(trajectories, segments.length, batches, evaluations, random, options, stopwatch).run();
  }
}

/** Exact losses of several settings over all segments. */
async function scoreExactly(
  module: WebAssembly.Module,
  segments: readonly Segment[],
  settings: readonly Float64Array[],
  threads: number,
): Promise<Best[]> {
  const pool = new ThreadPool(module, segments, EXACT, threads, 1);
  try {
    const objective = pool.objective(0, threads);
    const all = segments.map((_, i) => i);
    const scores: Best[] = [];
    for (const raw of settings) {
      const { total, terms } = await objective.evaluate(raw, all, 'eval', false);
      scores.push({ raw, terms, loss: Number.isFinite(total) ? total : Infinity });
    }
    return scores;
  } finally {
    await pool.end();
  }
}

/** What a run of the fast objective leaves to be judged by the exact one. */
interface Descent {
  /** The best of the starts; absent when the run went on from a checkpoint, or was stopped before it began. */
  readonly start: Float64Array | undefined;
  readonly finalists: readonly Float64Array[];
  readonly steps: number;
  readonly evaluations: number;
  readonly stopped: FitResult['stopped'];
}

class FitRun {
  private evaluated = 0;
  private isMerged = false;
  private start: Float64Array | undefined;
  private readonly course: Course;

  constructor(
    private readonly trajectories: readonly Trajectory[],
    private readonly segmentCount: number,
    private readonly batches: Batches,
    private readonly evaluations: Evaluations,
    private readonly random: Random,
    private readonly options: FitOptions,
    private readonly stopwatch: Stopwatch,
  ) {
    this.course = new Course(options, stopwatch, this.usualSteps);
  }

  /** Whether the next step sees all segments. A GPU that fails takes that with it. */
  private get isWhole(): boolean {
    return this.batches.isWhole || this.evaluations.takesAll;
  }

  private get usualSteps(): number {
    return this.isWhole ? STEPS_ALL_SEGMENTS : STEPS_BATCHES;
  }

  private get all(): number[] {
    return Array.from({ length: this.segmentCount }, (_, i) => i);
  }

  private get best(): Best {
    return this.trajectories.reduce((a, b) => (b.best.loss < a.best.loss ? b : a)).best;
  }

  async run(): Promise<Descent> {
    const { resume, signal } = this.options;
    if (resume) this.restore(resume);
    else if (signal?.aborted) return this.outcome([]);
    else await this.begin();
    let isAlive = true;
    while (isAlive && (await this.mayGoOn())) {
      const { isWhole } = this;
      this.course.expect(this.usualSteps);
      const { fraction } = this.course;
      this.mergeOnce(fraction);
      const segments = isWhole ? this.all : this.batches.next(fraction);
      const alive = await Promise.all(this.trajectories.map((t) => t.step(segments, fraction, isWhole)));
      isAlive = alive.some(Boolean);
      this.course.step++;
      this.evaluated += segments.length * this.trajectories.length;
      this.report('fit');
      if (this.options.onCheckpoint && this.course.step % CHECKPOINT_STEPS === 0)
        this.options.onCheckpoint(this.checkpoint());
    }
    this.report('finish');
    return this.outcome(this.trajectories.flatMap(({ finalists }) => finalists.map(({ raw }) => raw)));
  }

  private outcome(finalists: readonly Float64Array[]): Descent {
    const isLimited = this.options.steps !== undefined || this.options.budgetSeconds !== undefined;
    return {
      start: this.start,
      finalists,
      steps: this.course.step,
      evaluations: this.evaluated,
      stopped: this.options.signal?.aborted ? 'interrupted' : isLimited ? 'budget' : 'converged',
    };
  }

  /** Waits at the gate; false when the fit is to stop. */
  private async mayGoOn(): Promise<boolean> {
    const { gate, signal } = this.options;
    if (gate) await this.stopwatch.without(gate());
    return !signal?.aborted && this.course.fraction < 1;
  }

  /** Loss of every trajectory's start over all segments. */
  private async begin(): Promise<void> {
    await Promise.all(this.trajectories.map((t) => this.score(t)));
    this.start = this.best.raw.slice();
    this.report('start');
  }

  private async score(trajectory: Trajectory): Promise<void> {
    const { total, terms } = await trajectory.objective.evaluate(
      trajectory.best.raw,
      this.all,
      'eval',
      false,
    );
    this.evaluated += this.segmentCount;
    trajectory.best = { ...trajectory.best, loss: Number.isFinite(total) ? total : Infinity, terms };
  }

  private mergeOnce(fraction: number): void {
    if (this.isMerged || fraction < MERGE_AT) return;
    this.isMerged = true;
    const { best } = this;
    for (const trajectory of this.trajectories) if (trajectory.best !== best) trajectory.adopt(best);
  }

  private report(phase: FitProgress['phase']): void {
    const { loss, terms, raw } = this.best;
    this.options.onProgress?.({
      step: this.course.step,
      evaluations: this.evaluated,
      elapsed: this.stopwatch.seconds,
      loss,
      terms,
      raw: raw.slice(0, PARAMETER_COUNT),
      phase,
      fraction: Math.min(1, this.course.fraction),
      use: this.evaluations.use,
    });
  }

  private checkpoint(): FitCheckpoint {
    return {
      step: this.course.step,
      evaluations: this.evaluated,
      elapsed: this.stopwatch.seconds,
      fractionOfSteps: this.course.fractionOfSteps,
      isMerged: this.isMerged,
      random: this.random.state,
      batches: this.batches.state,
      trajectories: this.trajectories.map(({ state }) => state),
    };
  }

  private restore(checkpoint: FitCheckpoint): void {
    this.course.goOn(checkpoint.step, checkpoint.fractionOfSteps);
    this.evaluated = checkpoint.evaluations;
    this.random.state = checkpoint.random;
    this.batches.state = checkpoint.batches;
    this.isMerged = checkpoint.isMerged;
    checkpoint.trajectories.forEach((state, i) => {
      if (this.trajectories[i]) this.trajectories[i].state = state;
    });
  }
}
