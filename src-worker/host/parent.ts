/**
 * A child process's link to its host: connections of windows come in as ports, together with the files it may touch.
 * The same program runs under Electron (utilityProcess: a MessagePort comes with each `connect`) and under plain Node
 * (child_process.fork with advanced serialisation: all connections share the one channel).
 */
import { childOrderSchema, type ChildAnswer } from '#core/protocol/child.ts';
import { electronPort, type ElectronPort } from '#core/protocol/electron-port.ts';
import { CarriedPort, type Port } from '#core/protocol/port.ts';
import { GpuError } from '#engine/gpu/device.ts';

export interface ParentLink {
  /** Called for every window that connects. */
  onConnect(listener: (port: Port) => void): void;
  /** Called for every file that may be read or written from now on. */
  onGrant(listener: (file: string, path: string) => void): void;
  /** Asks the host for a GPU; absent where a process reaches one by itself. Rejects with GpuError where there is none. */
  readonly requestGpu?: () => Promise<Port>;
  /** Called when the host is gone or wants the process to end. */
  onQuit(listener: () => void): void;
  /** Call once everything is set up. */
  ready(): void;
}

/** Links to the host that started this process. Throws an Error when there is none. */
export function linkToParent(): ParentLink {
  const electron = (process as unknown as { parentPort?: ElectronPort }).parentPort;
  if (!electron && !process.send) throw new Error('This program is started by Voxfit, not by hand.');

  const answer = (message: ChildAnswer): void => {
    if (electron) electron.postMessage(message);
    else process.send?.(message);
  };
  const connectListeners: ((port: Port) => void)[] = [];
  const grantListeners: ((file: string, path: string) => void)[] = [];
  const quitListeners: (() => void)[] = [];
  const ports = new Map<number, CarriedPort>();
  /** Each waits for one order. */
  const gpuRequests: ((port: ElectronPort | undefined) => void)[] = [];

  const connect = (number: number, own: ElectronPort | undefined): void => {
    const port = own ? electronPort(own) : relayedPort(number);
    connectListeners.forEach((listener) => {
      listener(port);
    });
  };
  const relayedPort = (number: number): Port => {
    const port = new CarriedPort({
      post: (data) => {
        answer({ t: 'port', port: number, data });
      },
      hangUp: () => {
        ports.delete(number);
        answer({ t: 'disconnect', port: number });
      },
    });
    ports.set(number, port);
    return port;
  };
  const quit = (): void => {
    quitListeners.forEach((listener) => {
      listener();
    });
  };

  const receive = (message: unknown, transferred: readonly ElectronPort[]): void => {
    const parsed = childOrderSchema.safeParse(message);
    if (!parsed.success) return;
    const order = parsed.data;
    switch (order.t) {
      case 'connect':
        connect(order.port, transferred[0]);
        break;
      case 'port':
        ports.get(order.port)?.deliver(order.data);
        break;
      case 'disconnect':
        ports.get(order.port)?.ended();
        ports.delete(order.port);
        break;
      case 'grant':
        grantListeners.forEach((listener) => {
          listener(order.file, order.path);
        });
        break;
      case 'gpu': {
        const request = gpuRequests.shift();
        if (request) request(transferred[0]);
        else transferred[0]?.close();
        break;
      }
      case 'ping':
        answer({ t: 'pong', id: order.id });
        break;
      case 'quit':
        quit();
        break;
      default:
        order satisfies never;
    }
  };
  if (electron)
    electron.on('message', ({ data, ports: transferred }) => {
      receive(data, transferred);
    });
  else {
    process.on('message', (message) => {
      receive(message, []);
    });
    process.on('disconnect', quit);
  }
  const requestGpu = async (): Promise<Port> => {
    answer({ t: 'gpu' });
    const port = await new Promise<ElectronPort | undefined>((resolve) => gpuRequests.push(resolve));
    if (!port) throw new GpuError('The window that computes on the GPU cannot be opened.');
    return electronPort(port);
  };
  return {
    // Dawn's binding does not work in processes of Electron: they forbid the memory that it hands out.
    ...(electron ? { requestGpu } : {}),
    onConnect: (listener) => connectListeners.push(listener),
    onGrant: (listener) => grantListeners.push(listener),
    onQuit: (listener) => quitListeners.push(listener),
    ready: () => {
      answer({ t: 'ready' });
    },
  };
}
