/** What the window asks of the program around it; all that differs between Electron and the local web host. */
import './without-eval.ts';
import type { FileKind } from '#core/protocol/app.ts';
import { BRIDGE, type PortName } from '#core/protocol/bridge.ts';
import type { Port } from '#core/protocol/port.ts';
import type { FileRef } from '#core/session/document.ts';

export interface Host {
  readonly kind: 'electron' | 'web';
  /**
   * A fresh connection; rejects with CallError('disconnected') when the host is gone. One to `engine` or `audio` closes
   * when that process ends; ask again when the app says that it is up.
   */
  port(name: PortName): Promise<Port>;
  /** A file that the user picks; null when the user cancels. */
  pickToOpen(kind: FileKind): Promise<FileRef | null>;
  /** Where to write; null when the user cancels. */
  pickToSave(kind: FileKind, suggestedName: string): Promise<FileRef | null>;
  /** A file that was dropped on the window. @param onProgress 0..1 where it has to be sent first */
  fileOf(file: File, onProgress?: (fraction: number) => void): Promise<FileRef>;
  /** Bytes of the kernels, for the AudioWorklet. */
  kernels(): Promise<ArrayBuffer>;
  /** Offers a file that was written as a download of the browser; absent where the user chose its place. */
  offerDownload?(file: FileRef): void;
}

/** Asks the user for the name of a new file in the library, and before one is replaced; null when the user cancels. */
export type AskName = (kind: FileKind, suggestedName: string) => Promise<string | null>;

/** The host that this window is in. `askName` serves where there is no native dialog. */
export async function openHost(askName: AskName): Promise<Host> {
  if (BRIDGE in window) {
    const { openElectronHost } = await import('./electron-host.ts');
    return openElectronHost();
  }
  const { WebHost } = await import('./web-host.ts');
  return new WebHost(askName);
}
