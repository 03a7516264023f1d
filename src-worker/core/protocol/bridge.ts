/** What Electron's preload script gives to the window, and how the three talk: ports come as transferred MessagePorts. */

/** The property of the window that holds the {@link Bridge}; absent in a browser. */
export const BRIDGE = 'voxfit';

/** Channel between the preload script and the main process. */
export const PORT_CHANNEL = 'voxfit:port';

export const PORT_NAMES = ['app', 'engine', 'audio'] as const;
export type PortName = (typeof PORT_NAMES)[number];

export interface Bridge {
  /**
   * Asks for a connection. It comes as a `message` event of the window: its data is a {@link PortMessage} with this id,
   * and it carries one MessagePort. Rejects when the host refuses.
   */
  requestPort(name: PortName, id: number): Promise<void>;
  /** The path of a dropped or picked file; empty for one that is on no disk. */
  pathOf(file: File): string;
}

export interface PortMessage {
  readonly [PORT_CHANNEL]: number;
}
