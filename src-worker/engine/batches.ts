/** Which segments each step of a fit sees. */
import type { Random } from '#core/optimise/random.ts';

/** Up to this many segments a thread, every step sees all of them. */
const ALL_SEGMENTS_A_THREAD = 2;
const BATCH_A_THREAD = 2;
/** Segments of a working set, all threads together. */
const WORKING_SET = 14;
const WORKING_SETS = 3;
/** Segments of one thread's working set. */
export function workingSetOfThread(threads: number): number {
  return Math.max(ALL_SEGMENTS_A_THREAD, Math.floor(WORKING_SET / threads));
}

/** As many segments as a step sees: the first ones. */
export function firstBatch(count: number, threads: number): number[] {
  return Array.from({ length: Math.min(count, BATCH_A_THREAD * threads) }, (_, i) => i);
}

/** Everything needed to go on drawing. */
export interface BatchesState {
  readonly setNumber: number;
  readonly workingSets: readonly (readonly number[])[];
  readonly queues: readonly (readonly number[])[];
}

/**
 * With few segments every step sees all. With many, a step sees a few of a working set that fits in the threads' memory and
 * changes now and then, each segment once before any again.
 */
export class Batches {
  /** Of each thread. */
  private workingSets: number[][] = [];
  private queues: number[][] = [];
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
      this.workingSets = this.draw();
      this.queues = this.workingSets.map(() => []);
    }
    return this.workingSets.flatMap((workingSet, thread) => this.take(workingSet, this.queues[thread]!));
  }

  /** The next few of one thread's working set; a new round in another order begins when it has been through. */
  private take(workingSet: readonly number[], queue: number[]): number[] {
    if (queue.length === 0)
      queue.push(...this.random.permutation(workingSet.length).map((i) => workingSet[i]!));
    return queue.splice(0, BATCH_A_THREAD);
  }

  /** Segment i belongs to thread i mod threads; every thread gets an equal part of the working set. */
  private draw(): number[][] {
    const perThread = workingSetOfThread(this.threads);
    const order = this.random.permutation(this.count);
    return Array.from({ length: this.threads }, (_, thread) =>
      order.filter((index) => index % this.threads === thread).slice(0, perThread),
    );
  }

  get state(): BatchesState {
    const copies = (lists: readonly (readonly number[])[]) => lists.map((list) => [...list]);
    return {
      setNumber: this.setNumber,
      workingSets: copies(this.workingSets),
      queues: copies(this.queues),
    };
  }

  set state({ setNumber, workingSets, queues }: BatchesState) {
    this.setNumber = setNumber;
    this.workingSets = workingSets.map((list) => [...list]);
    this.queues = queues.map((list) => [...list]);
  }
}
