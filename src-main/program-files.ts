/** Where the program's own files are, seen from the sources as well as from what is built of them. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json; dist/, out/ and resources/ are in it. */
export function programFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('Voxfit is not in its folder.');
    folder = parent;
  }
  return folder;
}
