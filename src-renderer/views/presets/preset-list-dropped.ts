/** The files of a drop, with those in dropped folders. */

/** Has to be called within the event; what lies in folders is read afterwards. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<File[]> {
  const folders = [...items].flatMap((item) => {
    const entry = item.webkitGetAsEntry();
    return entry?.isDirectory ? [entry as FileSystemDirectoryEntry] : [];
  });
  const names = new Set(folders.map(({ name }) => name));
  // A folder is among the files, too, as one that cannot be read.
  const found = [...files].filter(({ name }) => !names.has(name));
  for (const folder of folders) found.push(...(await filesIn(folder)));
  return found;
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const found: File[] = [];
  for (;;) {
    // A hundred at a time, at most.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (entries.length === 0) return found;
    for (const entry of entries)
      if (entry.isDirectory) found.push(...(await filesIn(entry as FileSystemDirectoryEntry)));
      else
        found.push(
          await new Promise<File>((resolve, reject) => {
            (entry as FileSystemFileEntry).file(resolve, reject);
          }),
        );
  }
}
