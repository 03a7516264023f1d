/** One descent of a fit: raw parameters, their optimiser, and the best they have reached. */
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import type { LossTerms } from '#core/losses/index.ts';
import { Adam, type AdamState } from '#core/optimise/adam.ts';
import { learningRate } from '#core/optimise/schedule.ts';
import { isFiniteEvaluation, FIT_PARAMETER_COUNT, type Evaluation, type Objective } from './objective.ts';

/** Part of a fit after which the rate falls: steps that see batches need longer to average out what these differ in. */
const DECAY_FROM = { whole: 0.7, batches: 0.3 };
/** Smoothing of a batch's loss, which is a noisy view of the whole. */
const BATCH_LOSS_DECAY = 0.9;
/** A step back after NaN or infinity shrinks the rate by this; so many in a row end the fit. */
const BACK_OFF = 0.5;
const MAX_BACK_OFFS = 6;

/** Everything needed to go on from between two steps. */
export interface TrajectoryState {
  readonly raw: readonly number[];
  readonly adam: AdamState;
  readonly rate: number;
  readonly best: BestState;
  /** See {@link Trajectory.finalists}; null where there is none. */
  readonly bestOfAll: BestState | null;
  readonly seen: Seen;
}

interface BestState {
  readonly raw: readonly number[];
  readonly loss: number;
  readonly terms: LossTerms;
}

/** What the last step has seen of the segments. */
type Seen = 'none' | 'some' | 'all';

/** Settings and what they reach. */
export interface Best {
  raw: Float64Array;
  loss: number;
  terms: LossTerms;
}

/** Names of the parameters whose gradient is not a number, for a report. */
function culprits(gradient: Float64Array | undefined): string {
  const names = CHAIN_PARAMETERS.flatMap(({ id }, i) =>
    gradient && !Number.isFinite(gradient[i]!) ? [id] : [],
  );
  if (names.length === 0) return 'the loss';
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

/** Several may run side by side on different threads. */
export class Trajectory {
  best: Best;
  /** The best of steps that saw all segments, once the steps have gone on to see only some. */
  private bestOfAll: Best | undefined;
  private seen: Seen = 'none';
  private adam = new Adam(FIT_PARAMETER_COUNT);
  private raw: Float64Array;
  private smoothedLoss = Number.NaN;
  private backOffs = 0;

  constructor(
    start: Float64Array,
    private rate: number,
    private readonly scales: Float64Array,
    readonly objective: Objective,
    private readonly locked: readonly number[],
    private readonly warn: (message: string) => void,
  ) {
    this.raw = start.slice();
    this.best = {
      raw: start.slice(),
      loss: Infinity,
      terms: { mss_lr: NaN, mss_ms: NaN, mldr_lr: NaN, mldr_ms: NaN },
    };
  }

  /** One step on these segments; `isWhole` if they are all there are. False when it had to give up. */
  async step(segments: readonly number[], fraction: number, isWhole: boolean): Promise<boolean> {
    const evaluation = await this.objective.evaluate(this.raw, segments, 'train', true);
    if (!isFiniteEvaluation(evaluation)) return this.backOff(evaluation);
    this.backOffs = 0;
    this.keepIfBetter(evaluation, isWhole);
    const gradient = evaluation.gradient!;
    for (const index of this.locked) gradient[index] = 0;
    this.adam.step(
      this.raw,
      gradient,
      learningRate(this.rate, fraction, isWhole ? DECAY_FROM.whole : DECAY_FROM.batches),
      this.scales,
    );
    return true;
  }

  private keepIfBetter({ total, terms, delayRegulariser }: Evaluation, isWhole: boolean): void {
    const loss = total - delayRegulariser;
    const before = this.seen;
    this.seen = isWhole ? 'all' : 'some';
    if (isWhole) {
      if (before === 'some' || loss < this.best.loss) this.best = { raw: this.raw.slice(), loss, terms };
      this.smoothedLoss = loss;
      return;
    }
    // A mean over all cannot be held against one over some: both stay, to be judged alike.
    if (before === 'all') this.bestOfAll = this.best;
    this.smoothedLoss = Number.isNaN(this.smoothedLoss)
      ? loss
      : BATCH_LOSS_DECAY * this.smoothedLoss + (1 - BATCH_LOSS_DECAY) * loss;
    this.best = { raw: this.raw.slice(), loss: this.smoothedLoss, terms };
  }

  /** What it has found that may be the best of the fit. */
  get finalists(): Best[] {
    return this.bestOfAll ? [this.best, this.bestOfAll] : [this.best];
  }

  private backOff({ gradient }: Evaluation): boolean {
    this.warn(
      `The fit met a number that is not finite (${culprits(gradient)}) and stepped back to the best setting so far.`,
    );
    this.raw = this.best.raw.slice();
    this.adam = new Adam(FIT_PARAMETER_COUNT);
    this.rate *= BACK_OFF;
    return ++this.backOffs < MAX_BACK_OFFS;
  }

  /** Goes on from another's best settings, with its own rate. */
  adopt(other: Best): void {
    this.best = { ...other, raw: other.raw.slice() };
    this.raw = other.raw.slice();
    this.adam = new Adam(FIT_PARAMETER_COUNT);
  }

  get state(): TrajectoryState {
    return {
      raw: [...this.raw],
      adam: this.adam.state,
      rate: this.rate,
      best: stored(this.best),
      bestOfAll: this.bestOfAll ? stored(this.bestOfAll) : null,
      seen: this.seen,
    };
  }

  set state({ raw, adam, rate, best, bestOfAll, seen }: TrajectoryState) {
    this.raw = Float64Array.from(raw);
    this.adam.state = adam;
    this.rate = rate;
    this.best = restored(best);
    this.bestOfAll = bestOfAll ? restored(bestOfAll) : undefined;
    this.seen = seen;
  }
}

function stored({ raw, loss, terms }: Best): BestState {
  return { raw: [...raw], loss, terms };
}

function restored({ raw, loss, terms }: BestState): Best {
  return { raw: Float64Array.from(raw), loss, terms };
}
