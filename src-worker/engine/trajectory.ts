/** One descent of a fit: raw parameters, their optimiser, and the best they have reached. */
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import type { LossTerms } from '#core/losses/index.ts';
import { Adam, type AdamState } from '#core/optimise/adam.ts';
import { learningRate } from '#core/optimise/schedule.ts';
import { isFiniteEvaluation, FIT_PARAMETER_COUNT, type Evaluation, type Objective } from './objective.ts';

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
  readonly best: { readonly raw: readonly number[]; readonly loss: number; readonly terms: LossTerms };
}

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
    this.adam.step(this.raw, gradient, learningRate(this.rate, fraction), this.scales);
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
    const { raw, loss, terms } = this.best;
    return {
      raw: [...this.raw],
      adam: this.adam.state,
      rate: this.rate,
      best: { raw: [...raw], loss, terms },
    };
  }

  set state({ raw, adam, rate, best }: TrajectoryState) {
    this.raw = Float64Array.from(raw);
    this.adam.state = adam;
    this.rate = rate;
    this.best = { raw: Float64Array.from(best.raw), loss: best.loss, terms: best.terms };
  }
}
