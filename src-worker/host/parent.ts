/**
 * A child process's link to its host: connections of windows come in as ports, together with the files it may touch.
 * The same program runs under Electron (utilityProcess: a MessagePort comes with each `connect`) and under plain Node
 * (child_process.fork with advanced serialisation: all connections share the one channel).
 */
import { childOrderSchema, type ChildAnswer } from '#core/protocol/child.ts';
import type { Port } from '#core/protocol/port.ts';

/** What Electron's utilityProcess gives a child; typed here so that no Electron code is needed. */
interface ElectronPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports: ElectronPort[] }) => void): void;
  on(event: 'close', listener: () => void): void;
  start?(): void;
  close?(): void;
}

export interface ParentLink {
  /** Called for every window that connects. */
  onConnect(listener: (port: Port) => void): void;
  /** Called for every file that may be read or written from now on. */
  onGrant(listener: (file: string, path: string) => void): void;
  /** Called when the host is gone or wants the process to end. */
  onQuit(listener: () => void): void;
  /** Call once everything is set up. */
  ready(): void;
}

class RelayedPort implements Port {
  private listener: ((message: unknown) => void) | undefined;
  private waiting: unknown[] = [];
  private readonly closeListeners: (() => void)[] = [];
  private isClosed = false;

  constructor(
    private readonly post: (message: unknown) => void,
    private readonly hangUp: () => void,
  ) {}

  send(message: unknown): void {
    if (!this.isClosed) this.post(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.listener = listener;
    const { waiting } = this;
    this.waiting = [];
    waiting.forEach(listener);
  }

  onClose(listener: () => void): void {
    if (this.isClosed) listener();
    else this.closeListeners.push(listener);
  }

  close(): void {
    if (this.isClosed) return;
    this.hangUp();
    this.ended();
  }

  /** A message has come for this port. */
  deliver(message: unknown): void {
    if (this.listener) this.listener(message);
    else this.waiting.push(message);
  }

  /** The other side is gone. */
  ended(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeListeners.forEach((listener) => {
      listener();
    });
  }
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
  const ports = new Map<number, RelayedPort>();

  const connect = (number: number, own: ElectronPort | undefined): void => {
    const port = own
      ? new RelayedPort(
          (message) => {
            own.postMessage(message);
          },
          () => own.close?.(),
        )
      : new RelayedPort(
          (data) => {
            answer({ t: 'port', port: number, data });
          },
          () => {
            ports.delete(number);
            answer({ t: 'disconnect', port: number });
          },
        );
    if (own) {
      own.on('message', ({ data }) => {
        port.deliver(data);
      });
      own.on('close', () => {
        port.ended();
      });
      own.start?.();
    } else ports.set(number, port);
    connectListeners.forEach((listener) => {
      listener(port);
    });
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
  return {
    onConnect: (listener) => connectListeners.push(listener),
    onGrant: (listener) => grantListeners.push(listener),
    onQuit: (listener) => quitListeners.push(listener),
    ready: () => {
      answer({ t: 'ready' });
    },
  };
}
