/** Electron's MessagePorts outside the window, as its main process and its utility processes have them. */
import { CarriedPort, type Port } from './port.ts';

/** What they are like; typed here so that no Electron code is needed. */
export interface ElectronPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports: ElectronPort[] }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** A port over one end of a channel. */
export function electronPort(end: ElectronPort): Port {
  const port = new CarriedPort({
    post: (message) => {
      end.postMessage(message);
    },
    hangUp: () => {
      end.close();
    },
  });
  end.on('message', ({ data }) => {
    port.deliver(data);
  });
  end.on('close', () => {
    port.ended();
  });
  end.start();
  return port;
}
