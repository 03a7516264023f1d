/** Folders that the user picks or drops, to be read in the window itself: nothing of them is sent or kept. */
import { UserError } from '#core/errors.ts';
import type { FolderFile } from '#core/prior/preset-folder.ts';

export interface Folder {
  /** Empty for one without any files, which browsers do not name. */
  readonly name: string;
  readonly files: readonly FolderFile[];
}

/** @param path in the folder */
export function folderFile(path: string, file: File): FolderFile {
  return {
    path,
    label: path,
    sizeBytes: file.size,
    read: async () => {
      try {
        return new Uint8Array(await file.arrayBuffer());
      } catch {
        throw new UserError('bad-input', `“${path}” cannot be read; it may have gone in the meantime.`);
      }
    },
  };
}

/** Opens the system's dialog; null when the user cancels. */
export async function pickFolder(): Promise<Folder | null> {
  const input = document.createElement('input');
  input.type = 'file';
  input.webkitdirectory = true;
  input.hidden = true;
  // Safari opens no dialog for one that is not in the page.
  document.body.append(input);
  try {
    const files = await new Promise<readonly File[] | null>((resolve) => {
      input.addEventListener('change', () => {
        resolve([...(input.files ?? [])]);
      });
      input.addEventListener('cancel', () => {
        resolve(null);
      });
      input.click();
    });
    if (!files) return null;
    const [name = ''] = files[0]?.webkitRelativePath.split('/') ?? [];
    return {
      name,
      files: files.map((file) => folderFile(file.webkitRelativePath.slice(name.length + 1), file)),
    };
  } finally {
    input.remove();
  }
}
