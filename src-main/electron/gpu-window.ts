/**
 * Hidden windows that lend their own WebGPU to the engine, whose process under Electron reaches no GPU itself. A window
 * belongs to one connection: it goes when the engine has closed its end, and the engine's end closes when it crashes.
 */
import { app, BrowserWindow, MessageChannelMain, type MessagePortMain } from 'electron';
import { PORT_CHANNEL } from '#core/protocol/bridge.ts';
import { gpuSwitches } from './gpu-switches.ts';
import { GPU_PAGE_URL, WEB_PREFERENCES } from './hardening.ts';

const windows = new Set<BrowserWindow>();

/** Call before the app is ready. */
export function allowGpu(): void {
  const { commandLine } = app;
  const switches = gpuSwitches(process.platform, (name) => commandLine.getSwitchValue(name), process.env);
  for (const [name, value] of Object.entries(switches)) commandLine.appendSwitch(name, value);
}

/**
 * The engine's end of a connection, see core/protocol/gpu.ts. Rejects when no window can be opened.
 *
 * @param preloadPath preload/gpu.cjs among the built files
 */
export async function lendGpu(preloadPath: string): Promise<MessagePortMain> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: { ...WEB_PREFERENCES, preload: preloadPath, backgroundThrottling: false },
  });
  windows.add(window);
  window.once('closed', () => windows.delete(window));
  window.webContents.once('render-process-gone', () => {
    if (!window.isDestroyed()) window.destroy();
  });
  try {
    await window.loadURL(GPU_PAGE_URL);
  } catch (error) {
    if (!window.isDestroyed()) window.destroy();
    throw error;
  }
  const { port1, port2 } = new MessageChannelMain();
  window.webContents.postMessage(PORT_CHANNEL, 0, [port2]);
  return port1;
}

/** Nobody sees them: the app would wait for them for ever. */
export function closeGpuWindows(): void {
  for (const window of windows) window.destroy();
}
