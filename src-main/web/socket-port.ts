/** A window's WebSocket as a {@link Port}. */
import type { RawData, WebSocket } from 'ws';
import { CarriedPort, type Port } from '#core/protocol/port.ts';
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

/** The port of a window's socket. A message that is none, or too much that is not read, ends it. */
export function socketPort(socket: WebSocket): Port {
  const port = new CarriedPort({
    post: (message) => {
      if (socket.bufferedAmount > SLOW_BYTES && isSuperseded(message)) return;
      if (socket.bufferedAmount > LOST_BYTES) socket.terminate();
      else socket.send(encodeMessage(message), () => undefined);
    },
    hangUp: () => {
      socket.close();
    },
  });
  const refuse = (code: number): void => {
    socket.close(code);
    port.ended();
  };
  socket.on('message', (data: RawData, isBinary) => {
    if (!isBinary) {
      refuse(CLOSE_UNSUPPORTED);
      return;
    }
    let message: unknown;
    try {
      message = decodeMessage(data as Buffer);
    } catch {
      refuse(CLOSE_INVALID);
      return;
    }
    port.deliver(message);
  });
  socket.on('close', () => {
    port.ended();
  });
  // A message that is too long or no WebSocket frame at all; ws closes the connection itself.
  socket.on('error', () => {
    port.ended();
  });
  return port;
}
