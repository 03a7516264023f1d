/** A two-way channel for messages, whatever carries it: a MessagePort, a WebSocket, a child process. */
export interface Port {
  /** Sends a structured-cloneable value; does nothing once the port is closed. */
  send(message: unknown): void;
  /** The one listener for incoming messages; messages that came earlier are delivered first. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when either side has closed or the carrier is gone. */
  onClose(listener: () => void): void;
  close(): void;
}

/** What a port needs of whatever carries its messages. */
export interface Carrier {
  post(message: unknown): void;
  hangUp(): void;
}

/** A port over a carrier, which tells it of what comes with {@link deliver} and of its end with {@link ended}. */
export class CarriedPort implements Port {
  private listener: ((message: unknown) => void) | undefined;
  private waiting: unknown[] = [];
  private readonly closeListeners: (() => void)[] = [];
  private isClosed = false;

  constructor(private readonly carrier: Carrier) {}

  send(message: unknown): void {
    if (!this.isClosed) this.carrier.post(message);
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
    this.carrier.hangUp();
    this.ended();
  }

  /** A message has come. */
  deliver(message: unknown): void {
    if (this.isClosed) return;
    if (this.listener) this.listener(message);
    else this.waiting.push(message);
  }

  /** The other side or the carrier is gone. */
  ended(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeListeners.forEach((listener) => {
      listener();
    });
  }
}

/** A port over one end of a channel, the window's kind. */
export function messagePort(end: MessagePort): Port {
  const port = new CarriedPort({
    post: (message) => {
      end.postMessage(message);
    },
    hangUp: () => {
      end.close();
    },
  });
  end.addEventListener('message', ({ data }: MessageEvent) => {
    port.deliver(data);
  });
  end.addEventListener('close', () => {
    port.ended();
  });
  end.start();
  return port;
}

/** Two ports joined in memory; messages arrive in a later turn of the event loop, as through a real carrier. */
export function joinedPorts(): readonly [Port, Port] {
  const join = (other: () => CarriedPort): CarriedPort =>
    new CarriedPort({
      post: (message) => {
        const copy: unknown = structuredClone(message);
        queueMicrotask(() => {
          other().deliver(copy);
        });
      },
      hangUp: () => {
        other().ended();
      },
    });
  const a: CarriedPort = join(() => b);
  const b: CarriedPort = join(() => a);
  return [a, b];
}
