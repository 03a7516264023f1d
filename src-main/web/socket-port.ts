/** A window's WebSocket as a {@link Port}. */
import type { RawData, WebSocket } from 'ws';
import type { Port } from '#core/protocol/port.ts';
import { decodeMessage, encodeMessage } from '#core/protocol/wire.ts';

/** Events whose next one says all that matters; a window that is slow to read gets fewer of them. */
const SUPERSEDED_EVENTS: ReadonlySet<unknown> = new Set(['meters', 'spectrum', 'progress', 'fit.progress']);
const SLOW_BYTES = 2 ** 20;
/** A window that lets this much pile up does not read any more. */
const LOST_BYTES = 512 * 2 ** 20;

const CLOSE_UNSUPPORTED = 1003;
const CLOSE_INVALID = 1007;

function isSuperseded(message: unknown): boolean {
  const { t, event } = message as { t?: unknown; event?: unknown };
  return t === 'event' && SUPERSEDED_EVENTS.has(event);
}

export class SocketPort implements Port {
  private listener: ((message: unknown) => void) | undefined;
  private waiting: unknown[] = [];
  private readonly closeListeners: (() => void)[] = [];
  private isClosed = false;

  constructor(private readonly socket: WebSocket) {
    socket.on('message', (data, isBinary) => {
      this.receive(data, isBinary);
    });
    socket.on('close', () => {
      this.ended();
    });
    // A message that is too long or no WebSocket frame at all; ws closes the connection itself.
    socket.on('error', () => {
      this.ended();
    });
  }

  send(message: unknown): void {
    if (this.isClosed) return;
    const { bufferedAmount } = this.socket;
    if (bufferedAmount > SLOW_BYTES && isSuperseded(message)) return;
    if (bufferedAmount > LOST_BYTES) {
      this.socket.terminate();
      return;
    }
    this.socket.send(encodeMessage(message), () => undefined);
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
    this.socket.close();
    this.ended();
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.isClosed) return;
    if (!isBinary) {
      this.refuse(CLOSE_UNSUPPORTED);
      return;
    }
    let message: unknown;
    try {
      message = decodeMessage(data as Buffer);
    } catch {
      this.refuse(CLOSE_INVALID);
      return;
    }
    if (this.listener) this.listener(message);
    else this.waiting.push(message);
  }

  private refuse(code: number): void {
    this.socket.close(code);
    this.ended();
  }

  private ended(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeListeners.forEach((listener) => {
      listener();
    });
  }
}
