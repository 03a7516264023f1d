/** Native file dialogs. */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dialog, type BrowserWindow } from 'electron';
import type { FileKind } from '#core/protocol/app.ts';
import { EXTENSIONS, KIND_NAMES, withExtension } from '../services/file-kinds.ts';
import type { Dialogs } from '../services/index.ts';
import { plainFileName } from '../services/library.ts';

/** @param libraryFolder where the dialogs begin; made when it is first needed */
export function nativeDialogs(window: () => BrowserWindow, libraryFolder: string): Dialogs {
  const filters = (kind: FileKind) => [{ name: KIND_NAMES[kind], extensions: [...EXTENSIONS[kind]] }];
  /** Where a file goes whose name the dialog left without an ending; null when the user keeps the one that is there. */
  const completed = async (path: string, kind: FileKind): Promise<string | null> => {
    const whole = withExtension(path, kind);
    if (whole === path || !existsSync(whole)) return whole;
    const { response } = await dialog.showMessageBox(window(), {
      type: 'warning',
      message: `“${basename(whole)}” is there already. Replace it?`,
      buttons: ['Replace', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    });
    return response === 0 ? whole : null;
  };
  return {
    pickToOpen: async (kind) => {
      const { filePaths } = await dialog.showOpenDialog(window(), {
        properties: ['openFile'],
        filters: filters(kind),
      });
      return filePaths[0] ?? null;
    },
    pickToSave: async (kind, suggestedName) => {
      try {
        mkdirSync(libraryFolder, { recursive: true });
      } catch {
        // The dialog begins somewhere else then.
      }
      const { canceled, filePath } = await dialog.showSaveDialog(window(), {
        defaultPath: join(libraryFolder, plainFileName(suggestedName, kind)),
        filters: filters(kind),
        properties: ['createDirectory', 'showOverwriteConfirmation'],
      });
      return canceled || !filePath ? null : completed(filePath, kind);
    },
  };
}
