/** Entry point of a thread that evaluates the objective for a fit. */
import { parentPort } from 'node:worker_threads';
import { Evaluator } from '#engine/cpu/evaluator.ts';
import type { EvaluationReply, EvaluationRequest } from '#engine/evaluation-protocol.ts';
import { Kernels } from '#engine/kernels.ts';
import { SegmentSlots } from '#engine/segment-slots.ts';

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
    const prepared = evaluator;
    slots = new SegmentSlots(request.slots, (slot, index) => {
      const { dry, left, right, warmupSamples } = request.segments[index]!;
      prepared.setSegment(slot, {
        dry: new Float32Array(dry),
        wet: [new Float32Array(left), new Float32Array(right)],
        warmupSamples,
      });
    });
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
