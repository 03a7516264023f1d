/** Connections of the window: it asks the main process for one, and gets one end of a new channel. */
import { ipcMain, MessageChannelMain, type MessagePortMain } from 'electron';
import { z } from 'zod';
import { PORT_CHANNEL, PORT_NAMES } from '#core/protocol/bridge.ts';
import type { Port } from '#core/protocol/port.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { AppServices } from '../services/index.ts';
import { isTrustedSender } from './hardening.ts';

const requestSchema = z.strictObject({ name: z.enum(PORT_NAMES), id: z.int() });

class MainPort implements Port {
  private readonly closeListeners: (() => void)[] = [];
  private isClosed = false;

  constructor(private readonly port: MessagePortMain) {
    port.on('close', () => {
      this.ended();
    });
  }

  send(message: unknown): void {
    if (!this.isClosed) this.port.postMessage(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.port.on('message', ({ data }) => {
      listener(data);
    });
    // Until now the carrier kept what came.
    this.port.start();
  }

  onClose(listener: () => void): void {
    if (this.isClosed) listener();
    else this.closeListeners.push(listener);
  }

  close(): void {
    this.port.close();
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

/**
 * Answers the window's requests for connections, of the window's own page only. Returns a function that resolves when
 * all connections to the services have ended, and with them everything that windows said before they went.
 */
export function brokerPorts(services: AppServices, supervisor: Supervisor): () => Promise<void> {
  const open = new Set<Promise<void>>();
  ipcMain.handle(PORT_CHANNEL, (event, request: unknown) => {
    if (!isTrustedSender(event.senderFrame)) throw new Error('Only the window of Voxfit may ask for a port.');
    const { name, id } = requestSchema.parse(request);
    const { port1, port2 } = new MessageChannelMain();
    if (name === 'app') {
      const port = new MainPort(port1);
      const ended = new Promise<void>((resolve) => {
        port.onClose(resolve);
      });
      open.add(ended);
      void ended.then(() => open.delete(ended));
      services.connect(port);
    } else supervisor.connectTransferred(name, port1);
    event.sender.postMessage(PORT_CHANNEL, id, [port2]);
  });
  return async () => {
    await Promise.all(open);
  };
}
