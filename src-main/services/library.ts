/** The library folder: where sessions, presets and exports go unless the user chooses otherwise. */
import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { UserError } from '#core/errors.ts';
import type { FileKind } from '#core/protocol/app.ts';
import { EXTENSIONS, isOfKind, withExtension, withoutExtension } from './file-kinds.ts';

/** What Windows does not allow in names, and control characters; the other systems allow less of nothing. */
const FORBIDDEN = /[\u0000-\u001f\u007f<>:"/\\|?*]/g;
const RESERVED_ON_WINDOWS = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
/** File systems allow 255 bytes; leaves room for the temporary names of writers and for numbering. */
const MAX_NAME_BYTES = 200;

/** A name that is a plain file name on every system; “Untitled” when nothing is left of it. */
export function plainFileName(name: string, kind: FileKind): string {
  let stem = withoutExtension(name.normalize('NFC').replace(FORBIDDEN, ' '), kind)
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  while (new TextEncoder().encode(stem).length > MAX_NAME_BYTES) stem = [...stem].slice(0, -1).join('');
  if (stem === '') stem = 'Untitled';
  if (RESERVED_ON_WINDOWS.test(stem)) stem = `_${stem}`;
  const given = EXTENSIONS[kind].find((extension) => name.toLowerCase().endsWith(`.${extension}`));
  return given === undefined ? withExtension(stem, kind) : `${stem}.${given}`;
}

const isInside = (folder: string, path: string): boolean => path.startsWith(`${folder}${sep}`);

export class Library {
  readonly uploadsFolder: string;

  constructor(readonly folder: string) {
    this.uploadsFolder = join(folder, 'Uploads');
  }

  /** Paths of the kind's files and when they last changed (ISO 8601), the newest first; [] when there is no folder. */
  async list(kind: FileKind): Promise<{ path: string; changedAt: string }[]> {
    const root = await realpath(this.folder).catch(() => undefined);
    if (root === undefined) return [];
    const folders = kind === 'audio' ? [this.folder, this.uploadsFolder] : [this.folder];
    const found: { path: string; changed: number }[] = [];
    for (const folder of folders) {
      for (const name of await readdir(folder).catch(() => [])) {
        if (!isOfKind(name, kind) || name.startsWith('.')) continue;
        // A link may lead out of the library, where windows have no business.
        const path = await realpath(join(folder, name)).catch(() => undefined);
        if (path === undefined || !isInside(root, path)) continue;
        const facts = await stat(path);
        if (facts.isFile()) found.push({ path, changed: facts.mtimeMs });
      }
    }
    return found
      .sort((a, b) => b.changed - a.changed)
      .map(({ path, changed }) => ({ path, changedAt: new Date(changed).toISOString() }));
  }

  /**
   * A path in the library for a file called `name`, whatever a user or a window wrote there.
   * Throws UserError('output') when the library cannot hold it.
   */
  async place(kind: FileKind, name: string): Promise<{ path: string; exists: boolean }> {
    const fileName = plainFileName(name, kind);
    const wanted = join(this.folder, fileName);
    try {
      await mkdir(this.folder, { recursive: true });
    } catch (error) {
      throw new UserError(
        'output',
        `The library folder “${this.folder}” cannot be created (${(error as NodeJS.ErrnoException).code ?? String(error)}); choose another with VOXFIT_LIBRARY.`,
      );
    }
    const root = await realpath(this.folder);
    const existing = await realpath(wanted).catch(() => undefined);
    if (existing === undefined) return { path: join(root, fileName), exists: false };
    if (!isInside(root, existing) || !(await stat(existing)).isFile())
      throw new UserError('output', `“${fileName}” in the library is not a file of it; choose another name.`);
    return { path: existing, exists: true };
  }
}
