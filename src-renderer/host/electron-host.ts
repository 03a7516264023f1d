/** The window's host under Electron: connections are MessagePorts, dialogs are the system's. */
import { appContract } from '#core/protocol/app.ts';
import { BRIDGE, PORT_CHANNEL, type Bridge, type PortName } from '#core/protocol/bridge.ts';
import { CallError, Client } from '#core/protocol/contract.ts';
import { messagePort, type Port } from '#core/protocol/port.ts';
import type { Host } from './host.ts';

/** The host that the preload script connects to. */
export function openElectronHost(): Host {
  const bridge = (globalThis as unknown as Record<typeof BRIDGE, Bridge>)[BRIDGE];
  const waiting = new Map<number, (port: Port) => void>();
  let lastId = 0;
  window.addEventListener('message', ({ source, origin, data, ports }: MessageEvent) => {
    if (source !== window || origin !== window.location.origin) return;
    const id: unknown = (data as Record<string, unknown> | null)?.[PORT_CHANNEL];
    const [port] = ports;
    if (typeof id !== 'number' || !port) return;
    waiting.get(id)?.(messagePort(port));
    waiting.delete(id);
  });
  const port = async (name: PortName): Promise<Port> => {
    const id = ++lastId;
    const arrived = new Promise<Port>((resolve) => {
      waiting.set(id, resolve);
    });
    try {
      await bridge.requestPort(name, id);
    } catch {
      waiting.delete(id);
      throw new CallError('disconnected', `The connection to ${name} is gone; it is being restored.`);
    }
    return arrived;
  };

  /** A connection of its own for a call of the host's, apart from the window's. */
  const withServices = async <T>(work: (app: Client<typeof appContract>) => Promise<T>): Promise<T> => {
    const app = new Client(appContract, await port('app'));
    try {
      return await work(app);
    } finally {
      app.close();
    }
  };
  return {
    kind: 'electron',
    port,
    pickToOpen: (kind) => withServices(async (app) => (await app.call('file.pickToOpen', { kind })).file),
    pickToSave: (kind, suggestedName) =>
      withServices(async (app) => (await app.call('file.pickToSave', { kind, suggestedName })).file),
    fileOf: async (file) => {
      const path = bridge.pathOf(file);
      if (path === '')
        throw new CallError(
          'bad-input',
          `“${file.name}” is on no disk; save it to a folder and drop it from there.`,
        );
      return withServices(async (app) => (await app.call('file.open', { path })).file);
    },
    kernels: async () => (await fetch('/kernels.wasm')).arrayBuffer(),
  };
}
