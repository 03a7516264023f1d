import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { ElectronPort } from '#core/protocol/electron-port.ts';
import { GpuError } from '#engine/gpu/device.ts';
import { linkToParent } from './parent.ts';

/** Node's port in the shape of Electron's, which hands its messages over within events. */
class Wrapped extends EventEmitter implements ElectronPort {
  constructor(private readonly own: MessagePort) {
    super();
    own.on('message', (data) => this.emit('message', { data, ports: [] }));
    own.on('close', () => this.emit('close'));
  }
  postMessage(message: unknown): void {
    this.own.postMessage(message);
  }
  start(): void {
    this.own.start();
  }
  close(): void {
    this.own.close();
  }
}

/** What `process.parentPort` is in a utility process. */
class Parent extends EventEmitter {
  readonly answers: unknown[] = [];
  postMessage(message: unknown): void {
    this.answers.push(message);
  }
  order(order: unknown, ports: readonly ElectronPort[] = []): void {
    this.emit('message', { data: order, ports });
  }
}

const host = process as unknown as { parentPort?: Parent };
const linked = (): {
  parent: Parent;
  requestGpu: NonNullable<ReturnType<typeof linkToParent>['requestGpu']>;
} => {
  const parent = (host.parentPort = new Parent());
  return { parent, requestGpu: linkToParent().requestGpu! };
};
afterEach(() => {
  delete host.parentPort;
});

describe('a process of Electron’s', () => {
  it('gets a GPU’s port for its request', async () => {
    const { parent, requestGpu } = linked();
    const requested = requestGpu();
    expect(parent.answers).toEqual([{ t: 'gpu' }]);
    const { port1, port2 } = new MessageChannel();
    parent.order({ t: 'gpu' }, [new Wrapped(port1)]);
    const port = await requested;
    const heard = new Promise((resolve) => port2.on('message', resolve));
    port.send({ t: 'call' });
    expect(await heard).toEqual({ t: 'call' });
    const closed = new Promise<void>((resolve) => {
      port.onClose(resolve);
    });
    port2.close();
    await closed;
  });

  it('hears when there is none', async () => {
    const { parent, requestGpu } = linked();
    const requested = requestGpu();
    parent.order({ t: 'gpu' });
    await expect(requested).rejects.toThrow(GpuError);
  });

  it('closes a port that it has not asked for', async () => {
    const { parent } = linked();
    const { port1, port2 } = new MessageChannel();
    const closed = new Promise((resolve) => port2.on('close', resolve));
    parent.order({ t: 'gpu' }, [new Wrapped(port1)]);
    await closed;
  });
});
