/** Passes the ports that the main process sends on to the page. */
import { ipcRenderer } from 'electron';
import { PORT_CHANNEL, type PortMessage } from '#core/protocol/bridge.ts';

/** The parts of the page's window that are used; the rest of src-main has none. */
declare const window: {
  readonly location: { readonly origin: string };
  postMessage(message: PortMessage, targetOrigin: string, transfer: readonly MessagePort[]): void;
};

export function handOverPorts(): void {
  // A MessagePort cannot pass the bridge, but a message to the page itself can carry it.
  ipcRenderer.on(PORT_CHANNEL, ({ ports }, id: number) => {
    window.postMessage({ [PORT_CHANNEL]: id }, window.location.origin, ports);
  });
}
