/** The evaluations of a fit on the processor: a group of threads for each trajectory. */
import type { BackendUse } from '#core/backend.ts';
import type { Evaluations } from './backend.ts';
import { workingSetOfThread } from './batches.ts';
import { FAST } from './cpu/evaluator.ts';
import type { Objective, Segment } from './objective.ts';
import { ThreadPool } from './thread-pool.ts';

export class CpuEvaluations implements Evaluations {
  readonly takesAll = false;
  /** Why the processor, where there was a choice: one sentence. */
  reason = '';
  private pool: ThreadPool | undefined;

  /** Starts no thread before an objective is asked for. */
  constructor(
    private readonly module: WebAssembly.Module,
    private readonly segments: readonly Segment[],
    private readonly trajectories: number,
    private readonly threadsATrajectory: number,
  ) {}

  get use(): BackendUse {
    const threads = this.trajectories * this.threadsATrajectory;
    const place = `On the processor (${threads} ${threads === 1 ? 'thread' : 'threads'}).`;
    return { backend: 'cpu', sentence: `${place} ${this.reason}`.trim() };
  }

  objective(trajectory: number): Objective {
    const { module, segments, trajectories, threadsATrajectory } = this;
    this.pool ??= new ThreadPool(
      module,
      segments,
      FAST,
      trajectories * threadsATrajectory,
      workingSetOfThread(threadsATrajectory),
    );
    return this.pool.objective(trajectory * threadsATrajectory, threadsATrajectory);
  }

  /** Gives the threads back; they are started again when an objective is asked for again. */
  async end(): Promise<void> {
    const { pool } = this;
    this.pool = undefined;
    await pool?.end();
  }
}
