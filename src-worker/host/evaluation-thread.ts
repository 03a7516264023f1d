/** Entry point of a thread that evaluates the objective for a fit. */
import { parentPort } from 'node:worker_threads';
import { Evaluator } from '#engine/cpu/evaluator.ts';
import type { EvaluationReply, EvaluationRequest, SharedSegment } from '#engine/evaluation-protocol.ts';
import { Kernels } from '#engine/kernels.ts';

/** Keeps the segments most lately asked for in an evaluator's slots. */
class SegmentSlots {
  /** Slot of each segment kept, the least lately used first. */
  private readonly slotOf = new Map<number, number>();

  constructor(
    private readonly evaluator: Evaluator,
    private readonly segments: readonly SharedSegment[],
    private readonly slots: number,
  ) {}

  /** Slot in which a segment is prepared. */
  prepare(index: number): number {
    let slot = this.slotOf.get(index);
    if (slot === undefined) {
      const { dry, left, right, warmupSamples } = this.segments[index]!;
      if (this.slotOf.size < this.slots) slot = this.slotOf.size;
      else {
        const [oldest, freed] = this.slotOf.entries().next().value!;
        this.slotOf.delete(oldest);
        slot = freed;
      }
      this.evaluator.setSegment(slot, {
        dry: new Float32Array(dry),
        wet: [new Float32Array(left), new Float32Array(right)],
        warmupSamples,
      });
    }
    // Re-inserted: now the most lately used.
    this.slotOf.delete(index);
    this.slotOf.set(index, slot);
    return slot;
  }
}

const port = parentPort;
if (!port) throw new Error('This file is the entry point of a worker thread.');

let evaluator: Evaluator | undefined;
let slots: SegmentSlots | undefined;

port.on('message', (request: EvaluationRequest) => {
  if (request.kind === 'start') {
    evaluator = new Evaluator(
      new Kernels(request.module),
      request.maxLength,
      request.options,
      request.maxRegion,
    );
    slots = new SegmentSlots(evaluator, request.segments, request.slots);
    return;
  }
  const { id, raw, segments, mode, withGradient } = request;
  const answer = (reply: EvaluationReply): void => {
    port.postMessage(reply);
  };
  try {
    if (!evaluator || !slots) throw new Error('The thread was asked to evaluate before it was started.');
    const evaluation = evaluator.evaluate(raw, segments, mode, withGradient, (index) =>
      slots!.prepare(index),
    );
    answer({ id, evaluation });
  } catch (error) {
    answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
