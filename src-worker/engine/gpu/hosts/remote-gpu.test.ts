import { beforeAll, expect, it } from 'vitest';
import { Client } from '#core/protocol/contract.ts';
import { gpuContract } from '#core/protocol/gpu.ts';
import { joinedPorts, type Port } from '#core/protocol/port.ts';
import { Random } from '#core/optimise/random.ts';
import { describeWithGpu } from '../../../test-support/gpu.ts';
import { madeUpPair } from '../../../test-support/made-up-pair.ts';
import { EXACT } from '../../cpu/evaluator.ts';
import { loadKernelModule } from '../../kernel-module.ts';
import type { Segment } from '../../objective.ts';
import { cutSegments } from '../../segments.ts';
import { openStart, withDamping } from '../../start.ts';
import { ThreadPool } from '../../thread-pool.ts';
import { GpuError, adapterFacts } from '../device.ts';
import { nodeGpu } from './node-gpu.ts';
import { RemoteGpu } from './remote-gpu.ts';
import { serveGpu } from './serve-gpu.ts';

/** Software compiles every shader before its first use, on a busy machine for minutes. */
const PATIENCE_MS = 600_000;

let segments: Segment[];
let gpu: GPU;
const start = withDamping(openStart(new Random(1)));

beforeAll(async () => {
  const pair = await madeUpPair(1.5);
  segments = cutSegments(pair.dry.channels[0]!, [pair.wet.channels[0]!, pair.wet.channels[1]!]);
});

/** The engine's end of a connection to a page that has this GPU. */
function page(of: GPU | undefined): { port: Port; crash: () => void } {
  const [engine, served] = joinedPorts();
  serveGpu(served, of);
  return {
    port: engine,
    crash: () => {
      served.close();
    },
  };
}

describeWithGpu('a GPU behind a port', () => {
  beforeAll(async () => {
    gpu = await nodeGpu();
  });

  it(
    'computes what the processor computes, until its page crashes',
    async () => {
      const { port, crash } = page(gpu);
      const remote = await RemoteGpu.open(port);
      expect(remote.adapter).toEqual(adapterFacts((await gpu.requestAdapter())!));
      const objective = await remote.prepare(segments);
      const pool = new ThreadPool(await loadKernelModule(), segments, EXACT, 1, 1);
      const expected = await pool.objective(0, 1).evaluate(start, [0], 'train', true);
      await pool.end();
      const { total, terms, gradient } = await objective.evaluate(start, [0], 'train', true);
      expect(Math.abs(total / expected.total - 1)).toBeLessThan(1e-4);
      expect(Object.keys(terms)).toEqual(Object.keys(expected.terms));
      expect(gradient).toHaveLength(expected.gradient!.length);
      // The other side has kept the segments.
      const again = await remote.prepare(segments, 1);
      expect((await again.evaluate(start, [0], 'train', true)).total).toBeCloseTo(total, 5);
      const crashed = again.evaluate(start, [0], 'train', true);
      crash();
      await expect(crashed).rejects.toThrow(new GpuError('The window that computes on the GPU has gone.'));
    },
    PATIENCE_MS,
  );

  it('says in one sentence what it cannot do', async () => {
    await expect(RemoteGpu.open(page(undefined).port)).rejects.toThrow(
      new GpuError('No GPU that WebGPU can use was found.'),
    );
    const client = new Client(gpuContract, page(gpu).port);
    await expect(client.call('prepare', {})).rejects.toMatchObject({ code: 'usage' });
    await client.call('open', {});
    const request = { raw: start, segments: [0], mode: 'eval' as const, withGradient: false };
    await expect(client.call('evaluate', request)).rejects.toMatchObject({ code: 'usage' });
    for (const wrong of [
      { ...request, raw: start.slice(1) },
      { ...request, segments: [] },
    ])
      await expect(client.call('evaluate', wrong)).rejects.toMatchObject({ code: 'bad-message' });
    client.close();
  });

  it('gives the device back when its port closes', async () => {
    const { port } = page(gpu);
    const remote = await RemoteGpu.open(port);
    const objective = await remote.prepare(segments);
    remote.end();
    await expect(objective.evaluate(start, [0], 'eval', false)).rejects.toThrow(GpuError);
  });
});
