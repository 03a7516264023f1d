/** The files of a drop, with those in dropped folders unless they are hidden. */
import { isHidden } from '#core/prior/preset-folder.ts';
import { folderFile, type Folder } from '../../host/folder.ts';

interface Found {
  /** In the dropped folder. */
  readonly path: string;
  readonly file: File;
}

const foldersOf = ({ items }: DataTransfer): FileSystemDirectoryEntry[] =>
  [...items].flatMap((item) => {
    const entry = item.webkitGetAsEntry();
    return entry?.isDirectory ? [entry as FileSystemDirectoryEntry] : [];
  });

/** Has to be called within the event; what lies in folders is read afterwards. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const folders = foldersOf(transfer);
  const names = new Set(folders.map(({ name }) => name));
  // A folder is among the files, too, as one that cannot be read.
  const found = [...transfer.files].filter(({ name }) => !names.has(name));
  for (const folder of folders) found.push(...(await filesIn(folder)).map(({ file }) => file));
  return found;
}

/**
 * The first dropped folder or, where there is none, the files as if they lay in one that is called as the first of them.
 * Has to be called within the event, as {@link droppedFiles}.
 */
export async function droppedFolder(transfer: DataTransfer): Promise<Folder> {
  const [folder] = foldersOf(transfer);
  const files = [...transfer.files];
  if (folder)
    return {
      name: folder.name,
      files: (await filesIn(folder)).map(({ path, file }) => folderFile(path, file)),
    };
  return {
    name: files[0]?.name.replace(/\.[^.]*$/, '') ?? '',
    files: files.map((file) => folderFile(file.name, file)),
  };
}

async function filesIn(folder: FileSystemDirectoryEntry, place = ''): Promise<Found[]> {
  const reader = folder.createReader();
  const found: Found[] = [];
  for (;;) {
    // A hundred at a time, at most.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (entries.length === 0) return found;
    for (const entry of entries) {
      const path = `${place}${entry.name}`;
      if (isHidden(path)) continue;
      if (entry.isDirectory) found.push(...(await filesIn(entry as FileSystemDirectoryEntry, `${path}/`)));
      else
        found.push({
          path,
          file: await new Promise<File>((resolve, reject) => {
            (entry as FileSystemFileEntry).file(resolve, reject);
          }),
        });
    }
  }
}
