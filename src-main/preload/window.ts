/** All that the window's page gets of Electron: it can ask for a connection, and for the path of a file it was given. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { BRIDGE, PORT_CHANNEL, type Bridge } from '#core/protocol/bridge.ts';
import { handOverPorts } from './hand-over.ts';

const bridge: Bridge = {
  requestPort: async (name, id) => {
    await ipcRenderer.invoke(PORT_CHANNEL, { name, id });
  },
  pathOf: (file) => webUtils.getPathForFile(file),
};
contextBridge.exposeInMainWorld(BRIDGE, bridge);
handOverPorts();
