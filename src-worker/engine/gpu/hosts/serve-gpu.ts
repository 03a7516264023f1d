/** The GPU's side of a connection: a page of a browser, or a test. */
import { CallError, serve } from '#core/protocol/contract.ts';
import { gpuContract } from '#core/protocol/gpu.ts';
import type { Port } from '#core/protocol/port.ts';
import type { Objective, Segment } from '../../objective.ts';
import { GpuError } from '../device.ts';
import { LocalGpu } from './local-gpu.ts';

/** Lends a GPU until the port closes. `gpu` is absent where the page has none. */
export function serveGpu(port: Port, gpu: GPU | undefined): void {
  let isClosed = false;
  let opened: LocalGpu | undefined;
  let objective: Objective | undefined;
  const added: Segment[] = [];
  let prepared: readonly Segment[] = [];
  port.onClose(() => {
    isClosed = true;
    opened?.end();
  });
  const inOrder = <T>(made: T | undefined): T => {
    if (made === undefined) throw new CallError('usage', 'A GPU is opened and prepared before it is used.');
    return made;
  };
  serve(gpuContract, port, () => ({
    open: () =>
      saying(async () => {
        if (!gpu) throw new GpuError('No GPU that WebGPU can use was found.');
        const local = await LocalGpu.open(gpu);
        opened?.end();
        opened = local;
        if (isClosed) local.end();
        return local.adapter;
      }),
    'segment.add': ({ dry, left, right, warmupSamples }) => {
      added.push({ dry, wet: [left, right], warmupSamples });
      return {};
    },
    prepare: ({ together }) =>
      saying(async () => {
        if (added.length > 0) prepared = added.splice(0);
        if (prepared.length === 0)
          throw new CallError('usage', 'Segments are added before they are prepared.');
        objective = undefined;
        objective = await inOrder(opened).prepare(prepared, together);
        return {};
      }),
    evaluate: ({ raw, segments: indices, mode, withGradient }) =>
      saying(() => {
        const { length } = prepared;
        if (indices.length > length || indices.some((index) => index >= length))
          throw new CallError('usage', `Only the ${length} segments that were prepared can be evaluated.`);
        return inOrder(objective).evaluate(raw, indices, mode, withGradient);
      }),
  }));
}

/** What the GPU says of its end reaches the other side. */
async function saying<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GpuError) throw new CallError('unavailable', error.message);
    throw error;
  }
}
