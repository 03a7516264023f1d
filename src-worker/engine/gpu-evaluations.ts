/**
 * The evaluations of a fit on a GPU, with the processor behind it: when the GPU fails, the evaluation at hand is repeated on
 * the processor, and so is everything after it. Nothing of a fit's state is on the GPU, so nothing is lost with it.
 */
import type { BackendUse } from '#core/backend.ts';
import type { Evaluations, GpuConnection } from './backend.ts';
import type { CpuEvaluations } from './cpu-evaluations.ts';
import { answeredWithin, gpuProblem } from './gpu/device.ts';
import { isFiniteEvaluation, type Evaluation, type Objective } from './objective.ts';

/** How long a GPU may take for each evaluation under way, the compiling of its shaders included, before it counts as lost. */
const PATIENCE_MS = 60_000;
/** The same for a GPU in software, also to take the segments: it compiles for minutes. */
export const SOFTWARE_PATIENCE_MS = 900_000;

export class GpuEvaluations implements Evaluations {
  /** Why the GPU: one sentence. */
  reason = '';
  /** Whether the GPU is fast enough for steps over all segments. */
  isFast = false;
  private hasFailed = false;
  private hasEnded = false;
  private gpu: Objective | undefined;
  private readonly patienceMs: number;
  /** Evaluations that share the GPU at present: the last of them waits for all. */
  private underWay = 0;

  /** @param warn told in one sentence when the GPU fails */
  constructor(
    private readonly connection: GpuConnection,
    private readonly cpu: CpuEvaluations,
    private readonly warn: (message: string) => void,
  ) {
    this.patienceMs = connection.adapter.type === 'software' ? SOFTWARE_PATIENCE_MS : PATIENCE_MS;
  }

  get use(): BackendUse {
    if (this.hasFailed) return this.cpu.use;
    return {
      backend: 'webgpu',
      sentence: `On the GPU “${this.connection.adapter.name}”. ${this.reason}`.trim(),
    };
  }

  get takesAll(): boolean {
    return this.isFast && !this.hasFailed;
  }

  /** Evaluates with what has been prepared on the connection, in place of what had been before. */
  computeWith(prepared: Objective): void {
    this.gpu = prepared;
  }

  objective(trajectory: number): Objective {
    return {
      evaluate: async (...request) => {
        const onGpu = await this.tryGpu(...request);
        if (onGpu && isFiniteEvaluation(onGpu)) return onGpu;
        const onCpu = await this.cpu.objective(trajectory).evaluate(...request);
        // Settings may diverge anywhere; it tells against the GPU only if the processor can compute them.
        if (onGpu && isFiniteEvaluation(onCpu)) this.fail('The GPU computed what is not a number.');
        return onCpu;
      },
    };
  }

  async end(): Promise<void> {
    this.giveBack();
    await this.cpu.end();
  }

  /** Gives the GPU back, with what is under way on it. The processor goes on being there. */
  giveBack(): void {
    this.hasEnded = true;
    this.connection.end();
  }

  /** Undefined where the GPU is of no use any more. Rejects when the evaluations have ended. */
  private async tryGpu(...request: Parameters<Objective['evaluate']>): Promise<Evaluation | undefined> {
    if (this.hasFailed || !this.gpu) return undefined;
    this.underWay++;
    try {
      return await answeredWithin(this.patienceMs * this.underWay, this.gpu.evaluate(...request));
    } catch (error) {
      // The processor would start its threads again, and nobody would end them.
      if (this.hasEnded) throw error;
      this.fail(gpuProblem(error));
      return undefined;
    } finally {
      this.underWay--;
    }
  }

  /** Evaluations of other trajectories may be under way, and fail too. */
  private fail(message: string): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.connection.end();
    this.cpu.reason = message;
    this.warn(`${message} The processor took over; nothing of the fit is lost.`);
  }
}
