/** Connections of the window: it asks the main process for one, and gets one end of a new channel. */
import { ipcMain, MessageChannelMain } from 'electron';
import { z } from 'zod';
import { PORT_CHANNEL, PORT_NAMES } from '#core/protocol/bridge.ts';
import { electronPort } from '#core/protocol/electron-port.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { AppServices } from '../services/index.ts';
import { isTrustedSender } from './hardening.ts';

const requestSchema = z.strictObject({ name: z.enum(PORT_NAMES), id: z.int() });

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
      const port = electronPort(port1);
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
