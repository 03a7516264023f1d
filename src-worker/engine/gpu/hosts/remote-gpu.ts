/** A GPU behind a port, see core/protocol/gpu.ts: under Electron, that of a hidden window. */
import { CallError, Client } from '#core/protocol/contract.ts';
import { gpuContract, type GpuContract } from '#core/protocol/gpu.ts';
import type { Port } from '#core/protocol/port.ts';
import type { GpuConnection } from '../../backend.ts';
import type { Objective, Segment } from '../../objective.ts';
import { GpuError, type AdapterFacts } from '../device.ts';

export class RemoteGpu implements GpuConnection {
  /** What the other side has. */
  private sent: readonly Segment[] | undefined;

  private constructor(
    private readonly client: Client<GpuContract>,
    readonly adapter: AdapterFacts,
  ) {}

  /** Rejects with GpuError, and closes the port, where the other side has no GPU. */
  static async open(port: Port): Promise<RemoteGpu> {
    const client = new Client(gpuContract, port);
    try {
      return new RemoteGpu(client, await understood(client.call('open', {})));
    } catch (error) {
      port.close();
      throw error;
    }
  }

  async prepare(segments: readonly Segment[], together = segments.length): Promise<Objective> {
    const { client } = this;
    if (this.sent !== segments) await this.send(segments);
    await understood(client.call('prepare', { together }));
    return {
      evaluate: async (raw, indices, mode, withGradient) => {
        const request = { raw, segments: [...indices], mode, withGradient };
        const { gradient, ...rest } = await understood(client.call('evaluate', request));
        return gradient ? { ...rest, gradient } : rest;
      },
    };
  }

  private async send(segments: readonly Segment[]): Promise<void> {
    this.sent = undefined;
    for (const { dry, wet, warmupSamples } of segments) {
      // Segments are views of a whole recording, which would be sent along with each of them.
      const [left, right] = [wet[0].slice(), wet[1].slice()];
      await understood(this.client.call('segment.add', { dry: dry.slice(), left, right, warmupSamples }));
    }
    this.sent = segments;
  }

  end(): void {
    this.client.close();
  }
}

/** Turns failed calls into GpuErrors. */
async function understood<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new GpuError(
      error.code === 'disconnected' ? 'The window that computes on the GPU has gone.' : error.message,
    );
  }
}
