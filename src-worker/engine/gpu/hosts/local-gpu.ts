/** A GPU that this very process or page reaches: one device, and the objective on it. */
import type { GpuConnection } from '../../backend.ts';
import type { Objective, Segment } from '../../objective.ts';
import { GpuContext, type AdapterFacts } from '../device.ts';
import { GpuEvaluator } from '../evaluator.ts';

export class LocalGpu implements GpuConnection {
  private evaluator: GpuEvaluator | undefined;

  private constructor(readonly context: GpuContext) {}

  /** Rejects with GpuError where there is no adapter or it gives no device. */
  static async open(gpu: GPU): Promise<LocalGpu> {
    return new LocalGpu(await GpuContext.open(gpu));
  }

  static async openAdapter(adapter: GPUAdapter): Promise<LocalGpu> {
    return new LocalGpu(await GpuContext.openAdapter(adapter));
  }

  get adapter(): AdapterFacts {
    return this.context.adapter;
  }

  async prepare(segments: readonly Segment[], together = segments.length): Promise<Objective> {
    this.evaluator?.end();
    this.evaluator = undefined;
    this.evaluator = await GpuEvaluator.make(this.context, segments, { maxSegments: together });
    return this.evaluator;
  }

  end(): void {
    this.evaluator?.end();
    this.context.end();
  }
}
