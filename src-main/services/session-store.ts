/** Sessions on disk: finds a session's sources again when it is opened, and notes where they are when it is saved. */
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { writeFileAtomically } from '#audio/write-file.ts';
import type { OpenedSession } from '#core/protocol/app.ts';
import type { SourceRole } from '#core/protocol/schemas.ts';
import type { FileRef, SessionDocument } from '#core/session/document.ts';
import {
  formatSession,
  parseSession,
  type SessionFile,
  type StoredSource,
} from '#core/session/session-file.ts';
import { isOfKind, requireKind, withoutExtension } from './file-kinds.ts';
import type { FileGrants } from './file-grants.ts';
import { readSmallText, requireFile } from './read-file.ts';
import { SerialQueue } from './serial-queue.ts';

type Missing = Partial<Record<SourceRole, StoredSource>>;

/** A session is called what its file is called; the schema allows 200 characters. */
const nameOf = (path: string): string => withoutExtension(basename(path), 'session').slice(0, 200);

export class SessionStore {
  private readonly saving = new SerialQueue();
  /** Per session file: sources that were gone when it was opened. */
  private readonly missing = new Map<string, Missing>();

  constructor(private readonly grants: FileGrants) {}

  /** Throws UserError('bad-input') for what is not there or no session. */
  async open(path: string): Promise<OpenedSession> {
    const session = parseSession(await readSmallText(path), `“${path}”`);
    const file = await this.grants.grant(path);
    return this.resolved({ ...session, name: nameOf(file.path) }, file, dirname(file.path));
  }

  /** A session that comes with the program: it keeps its name and is saved somewhere else. */
  async openDemo(path: string): Promise<OpenedSession> {
    return this.resolved(parseSession(await readSmallText(path), 'The demo'), null, dirname(resolve(path)));
  }

  /** A session from a recovery file; `path` is where it was saved last. */
  async recovered(session: SessionFile, path: string | null): Promise<OpenedSession> {
    const file = path === null ? null : await this.grants.grant(path);
    return this.resolved(session, file, null);
  }

  /**
   * Writes the session whole or not at all.
   * Throws UserError: `output` when it cannot be written, `bad-input` for a name that is not a session's.
   */
  async save(document: SessionDocument, path: string): Promise<FileRef> {
    requireKind(path, 'session');
    const text = formatSession({ ...this.stored(document, path), name: nameOf(path) });
    await this.saving.run(() => writeFileAtomically(path, text));
    return this.grants.grant(path);
  }

  /** Resolves when everything that was to be saved is on the disk. */
  settled(): Promise<void> {
    return this.saving.settled();
  }

  /**
   * The document as a file holds it. `path` is the session's file; null when it has none. A source that was gone when
   * that file was opened, and was not replaced, stays noted: it may come back.
   * Throws UserError('bad-input') for a source that was never granted.
   */
  stored({ sources, ...body }: SessionDocument, path: string | null): SessionFile {
    const missing = path === null ? undefined : this.missing.get(path);
    const place = (role: SourceRole): StoredSource | null => {
      const source = sources[role];
      if (!source) return missing?.[role] ?? null;
      const absolute = this.grants.pathOf(source.id);
      const way = path === null ? null : relative(dirname(path), absolute);
      return {
        path: absolute,
        relative: way === null || isAbsolute(way) ? null : way.split(sep).join('/'),
        name: source.name,
        sizeBytes: source.sizeBytes,
      };
    };
    return { ...body, sources: { dry: place('dry'), target: place('target') } };
  }

  /** `folder` is what relative paths start from; null for absolute ones only. */
  private async resolved(
    { sources, ...body }: SessionFile,
    file: FileRef | null,
    folder: string | null,
  ): Promise<OpenedSession> {
    const gone: Missing = {};
    const find = async (role: SourceRole): Promise<FileRef | null> => {
      const source = sources[role];
      if (!source) return null;
      const candidates = [
        ...(folder !== null && source.relative !== null ? [join(folder, source.relative)] : []),
        ...(isAbsolute(source.path) ? [source.path] : []),
      ];
      for (const candidate of candidates) {
        if (!isOfKind(candidate, 'audio')) continue;
        const isThere = await requireFile(candidate).then(
          () => true,
          () => false,
        );
        if (isThere) return this.grants.grant(candidate);
      }
      gone[role] = source;
      return null;
    };
    const document = { ...body, sources: { dry: await find('dry'), target: await find('target') } };
    if (file) this.missing.set(file.path, gone);
    return {
      document,
      file,
      missing: (Object.entries(gone) as [SourceRole, StoredSource][]).map(([role, { name, path }]) => ({
        role,
        name,
        path,
      })),
    };
  }
}
