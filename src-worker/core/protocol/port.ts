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

/** Two ports joined in memory; messages arrive in a later turn of the event loop, as through a real carrier. */
export function joinedPorts(): readonly [Port, Port] {
  const a = new MemoryPort();
  const b = new MemoryPort();
  a.other = b;
  b.other = a;
  return [a, b];
}

class MemoryPort implements Port {
  other!: MemoryPort;
  private waiting: unknown[] = [];
  private listener: ((message: unknown) => void) | undefined;
  private readonly closeListeners: (() => void)[] = [];
  private isClosed = false;

  send(message: unknown): void {
    if (this.isClosed) return;
    const copy = structuredClone(message);
    queueMicrotask(() => {
      this.other.receive(copy);
    });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.listener = listener;
    const waiting = this.waiting;
    this.waiting = [];
    waiting.forEach(listener);
  }

  onClose(listener: () => void): void {
    if (this.isClosed) listener();
    else this.closeListeners.push(listener);
  }

  close(): void {
    this.end();
    this.other.end();
  }

  private receive(message: unknown): void {
    if (this.isClosed) return;
    if (this.listener) this.listener(message);
    else this.waiting.push(message);
  }

  private end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeListeners.forEach((listener) => {
      listener();
    });
  }
}
