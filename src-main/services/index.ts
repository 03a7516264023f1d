/**
 * What the host does for its windows, the same under Electron and in the local web host: files, sessions, settings,
 * recovery. Serves the `app` contract.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '#core/errors.ts';
import { appContract, type FileKind, type OpenedSession } from '#core/protocol/app.ts';
import { serve, type Emit, type Handlers } from '#core/protocol/contract.ts';
import type { Port } from '#core/protocol/port.ts';
import type { FileRef } from '#core/session/document.ts';
import { programFolder } from '../program-files.ts';
import { writeAnalysisFile } from './analysis-files.ts';
import { FileGrants } from './file-grants.ts';
import { requireKind, requireKnownKind } from './file-kinds.ts';
import { Library } from './library.ts';
import { readPresetFile, writePresetFile } from './preset-files.ts';
import { presetLibraryHandlers } from './preset-library/handlers.ts';
import { PresetLibrary } from './preset-library/preset-library.ts';
import { PriorLibrary } from './preset-library/prior-library.ts';
import { requireFile } from './read-file.ts';
import { RecentSessions } from './recent-sessions.ts';
import { Recovery, type AbandonedSession, type KeptSession } from './recovery.ts';
import { SessionStore } from './session-store.ts';
import { writeSettingsSheet } from './settings-sheet.ts';
import { SettingsFile } from './settings.ts';

/** Native file dialogs; absolute paths, null when the user cancels. */
export interface Dialogs {
  pickToOpen(kind: FileKind): Promise<string | null>;
  pickToSave(kind: FileKind, suggestedName: string): Promise<string | null>;
}

export interface ServiceOptions {
  /** Settings, recent sessions, recovery, cache. */
  readonly userFolder: string;
  readonly libraryFolder: string;
  /** Holds demo.voxfit and its sound. */
  readonly demoFolder: string;
  readonly version: string;
  /** Path of a session that the program was started with. */
  readonly openAtStart?: string;
  readonly dialogs?: Dialogs;
  /** Told of every newly granted file. */
  onGrant(file: string, path: string): void;
}

type AppEmit = Emit<typeof appContract>;

export class AppServices {
  /** For prepared sound and checkpoints of the child processes. */
  readonly cacheFolder: string;
  /** For files that a browser sends; created when needed. */
  readonly uploadsFolder: string;
  private readonly library: Library;
  private readonly grants: FileGrants;
  private readonly sessions: SessionStore;
  private readonly recents: RecentSessions;
  private readonly recovery: Recovery;
  private readonly presets: PresetLibrary;
  private readonly priors: PriorLibrary;
  private readonly windows = new Set<AppEmit>();
  private openAtStart: string | undefined;
  private isFirstStart: boolean;
  private notices: string[];

  private constructor(
    private readonly options: ServiceOptions,
    private readonly settings: SettingsFile,
    notices: readonly string[],
  ) {
    this.library = new Library(resolve(options.libraryFolder));
    this.uploadsFolder = this.library.uploadsFolder;
    this.cacheFolder = join(resolve(options.userFolder), 'cache');
    this.grants = new FileGrants((file, path) => {
      options.onGrant(file, path);
    });
    this.sessions = new SessionStore(this.grants);
    this.recents = new RecentSessions(options.userFolder);
    this.recovery = new Recovery(join(options.userFolder, 'recovery'));
    this.presets = new PresetLibrary({
      libraryFolder: this.library.folder,
      indexPath: join(this.cacheFolder, 'presets.index'),
      onChange: () => {
        for (const emit of this.windows) emit('presets.changed', {});
      },
    });
    this.priors = new PriorLibrary(this.library.folder, () =>
      join(programFolder(), 'resources', 'prior', 'voxfit-prior.json'),
    );
    this.openAtStart = options.openAtStart;
    this.isFirstStart = settings.isFirstStart;
    this.notices = [...notices, ...(settings.notice === null ? [] : [settings.notice])];
  }

  /** Never fails for a user folder that cannot be used: what cannot be kept is told when it is to be kept. */
  static async open(options: ServiceOptions): Promise<AppServices> {
    const notices: string[] = [];
    try {
      for (const folder of ['recovery', 'cache'])
        await mkdir(join(options.userFolder, folder), { recursive: true });
    } catch (error) {
      notices.push(
        `Settings and unsaved changes cannot be kept, because “${options.userFolder}” cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
      );
    }
    const settings = await SettingsFile.open(options.userFolder);
    // So that the next start is not the first one; where it fails, the notice above or the next change says so.
    if (settings.isFirstStart) await settings.change({}).catch(() => undefined);
    return new AppServices(options, settings, notices);
  }

  /** Serves the app contract to a window until its port closes. */
  connect(port: Port): void {
    const kept = this.recovery.hold();
    const emit = serve(appContract, port, () => this.handlersFor(kept), console.error);
    this.windows.add(emit);
    port.onClose(() => {
      this.windows.delete(emit);
      if (this.windows.size === 0) this.presets.rest();
      kept.release();
    });
  }

  /** Resolves when everything that windows have handed over is on the disk; for the end of the program. */
  async settled(): Promise<void> {
    await Promise.all([this.recovery.settled(), this.sessions.settled(), this.presets.settled()]);
  }

  /** Lets windows and the engine use a file that the user picked, dropped, uploaded or opened. */
  grant(path: string): Promise<FileRef> {
    return this.grants.grant(path);
  }

  /** Throws UserError('bad-input') for an id that was never granted. */
  pathOf(fileId: string): string {
    return this.grants.pathOf(fileId);
  }

  childChanged(child: 'engine' | 'audio', state: 'down' | 'up', message: string): void {
    for (const emit of this.windows) emit('child', { child, state, message });
  }

  /** The user opened a session outside of the windows. Throws UserError('bad-input') when there is none at the path. */
  async requestSession(path: string): Promise<void> {
    requireKind(path, 'session');
    await requireFile(path);
    const file = await this.grant(path);
    if (this.windows.size === 0) this.openAtStart = path;
    for (const emit of this.windows) emit('session.requested', { file });
  }

  /** Sends a menu's command to the windows. */
  command(command: string): void {
    for (const emit of this.windows) emit('command', { command });
  }

  private handlersFor(kept: KeptSession): Handlers<typeof appContract> {
    const { grants, library, options, recents, recovery, sessions, settings } = this;
    /** What `hello` offered to this window. */
    let offered: AbandonedSession | undefined;
    /** True until the window goes on to something else, which is no answer to the offer. */
    let isOfferOpen = false;
    const dialogs = (): Dialogs => {
      if (!options.dialogs) throw new UserError('usage', 'This host has no file dialogs.');
      return options.dialogs;
    };
    const openFile = async (path: string): Promise<FileRef> => {
      requireKnownKind(path);
      await requireFile(path);
      return grants.grant(path);
    };
    const openSession = async (path: string): Promise<OpenedSession> => {
      const opened = await sessions.open(path);
      await this.remember(opened.file);
      return opened;
    };

    return {
      hello: async () => {
        const { sessions: abandoned, notices } = await recovery.abandoned();
        this.notices.push(...notices);
        offered = abandoned[0];
        isOfferOpen = true;
        const { isFirstStart } = this;
        this.isFirstStart = false;
        const openAtStart = await this.takeOpenAtStart();
        return {
          version: options.version,
          isFirstStart,
          settings: settings.all,
          recovery: offered ? { name: offered.session.name, savedAt: offered.savedAt } : null,
          openAtStart,
          libraryPath: library.folder,
          notices: this.notices.splice(0),
        };
      },
      'settings.change': (change) =>
        settings.change(
          Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
        ),

      'file.pickToOpen': async ({ kind }) => {
        const path = await dialogs().pickToOpen(kind);
        return { file: path === null ? null : await openFile(path) };
      },
      'file.pickToSave': async ({ kind, suggestedName }) => {
        const path = await dialogs().pickToSave(kind, suggestedName);
        if (path === null) return { file: null };
        requireKind(path, kind);
        return { file: await grants.grant(path) };
      },
      'file.open': async ({ path }) => ({ file: await openFile(path) }),
      'library.list': async ({ kind }) => ({
        files: await Promise.all(
          (await library.list(kind)).map(async ({ path, changedAt }) => ({
            ...(await grants.grant(path)),
            changedAt,
          })),
        ),
      }),
      'library.place': async ({ kind, name }) => {
        const { path, exists } = await library.place(kind, name);
        return { file: await grants.grant(path), exists };
      },

      'session.open': ({ file }) => openSession(grants.pathOf(file)),
      'session.openDemo': () => sessions.openDemo(join(options.demoFolder, 'demo.voxfit')),
      'session.openRecent': async ({ id }) => openSession(await recents.pathOf(id)),
      'session.save': async ({ document, file }) => {
        isOfferOpen = false;
        const { changes } = kept;
        const saved = await sessions.save(document, grants.pathOf(file));
        await this.remember(saved);
        // What was kept while this was written is newer than what was written.
        if (kept.changes === changes) await kept.forget();
        return { file: saved };
      },
      'session.keep': async ({ document, file }) => {
        isOfferOpen = false;
        const path = file === null ? null : grants.pathOf(file);
        await kept.keep(sessions.stored(document, path), path);
        return {};
      },
      'session.forgetKept': async () => {
        if (offered && isOfferOpen) {
          await recovery.remove(offered);
          offered = undefined;
        }
        await kept.forget();
        return {};
      },
      'session.recover': async () => {
        if (!offered) throw new UserError('bad-input', 'There is nothing to recover.');
        const { session, path } = offered;
        const opened = await sessions.recovered(session, path);
        // From now on it is this window's unsaved work, and safe all the time.
        await kept.keep(session, path);
        await recovery.remove(offered);
        offered = undefined;
        return opened;
      },
      'recent.list': async () => ({ sessions: await recents.list() }),
      'recent.remove': async ({ id }) => {
        await recents.remove(id);
        return {};
      },

      'preset.read': ({ file }) => readPresetFile(grants.pathOf(file)),
      'preset.write': async ({ file, name, raw }) => {
        await writePresetFile(grants.pathOf(file), name, raw);
        return {};
      },
      'sheet.write': async ({ file, html }) => {
        await writeSettingsSheet(grants.pathOf(file), html);
        return {};
      },
      'analysis.write': async ({ file, bytes }) => {
        await writeAnalysisFile(grants.pathOf(file), bytes);
        return {};
      },
      ...presetLibraryHandlers(this.presets, this.priors, grants),
      goodbye: async () => {
        await kept.forget();
        return {};
      },
    };
  }

  private async takeOpenAtStart(): Promise<FileRef | null> {
    const path = this.openAtStart;
    this.openAtStart = undefined;
    if (path === undefined) return null;
    try {
      requireKind(path, 'session');
      await requireFile(path);
      return await this.grant(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.notices.push(error.message);
      return null;
    }
  }

  /** A list of recent sessions that cannot be written is no reason to refuse the session itself. */
  private async remember(file: FileRef | null): Promise<void> {
    if (file)
      await this.recents.add(file.path).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
      });
  }
}
