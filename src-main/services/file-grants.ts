/**
 * The files that windows and the engine may touch: those that the user picked, dropped, uploaded or opened. Windows know
 * them by ids that mean nothing outside this process.
 */
import { randomUUID } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '#core/errors.ts';
import type { FileRef } from '#core/session/document.ts';

/** Where a path leads, links followed; also for a file that does not exist yet. */
export async function canonicalPath(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch {
    const folder = await realpath(dirname(absolute)).catch(() => dirname(absolute));
    return join(folder, basename(absolute));
  }
}

export class FileGrants {
  private readonly pathById = new Map<string, string>();
  private readonly idByPath = new Map<string, string>();

  /** @param onGrant told of every file once, when it is granted */
  constructor(private readonly onGrant: (file: string, path: string) => void) {}

  /** The same file gets the same id, by whatever path; a file that does not exist yet may be created by that id. */
  async grant(path: string): Promise<FileRef> {
    const canonical = await canonicalPath(path);
    let id = this.idByPath.get(canonical);
    if (id === undefined) {
      id = `f-${randomUUID()}`;
      this.idByPath.set(canonical, id);
      this.pathById.set(id, canonical);
      this.onGrant(id, canonical);
    }
    const sizeBytes = await stat(canonical).then(
      ({ size }) => size,
      () => 0,
    );
    return { id, name: basename(canonical), path: canonical, sizeBytes };
  }

  /** Absolute, links followed. Throws UserError('bad-input') for an id that was never granted. */
  pathOf(id: string): string {
    const path = this.pathById.get(id);
    if (path === undefined)
      throw new UserError('bad-input', 'Voxfit does not know this file any more; open it again.');
    return path;
  }
}
