/** All that the window's page gets of Electron: it can ask for a connection, and for the path of a file it was given. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { BRIDGE, PORT_CHANNEL, type Bridge, type PortMessage } from '#core/protocol/bridge.ts';

/** The parts of the page's window that are used; the rest of src-main has none. */
declare const window: {
  readonly location: { readonly origin: string };
  postMessage(message: PortMessage, targetOrigin: string, transfer: readonly MessagePort[]): void;
};

const bridge: Bridge = {
  requestPort: async (name, id) => {
    await ipcRenderer.invoke(PORT_CHANNEL, { name, id });
  },
  pathOf: (file) => webUtils.getPathForFile(file),
};
contextBridge.exposeInMainWorld(BRIDGE, bridge);

// A MessagePort cannot pass the bridge, but a message to the page itself can carry it.
ipcRenderer.on(PORT_CHANNEL, ({ ports }, id: number) => {
  window.postMessage({ [PORT_CHANNEL]: id }, window.location.origin, ports);
});
