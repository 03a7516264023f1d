/**
 * What survives a crash: every window's unsaved session, in a file of its own in `<user>/recovery/`. It is a session file
 * with a `recovery` field that says who left it. A window that ends well removes its file; one that is still there while
 * nobody works on it is what an unclean end left.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '#audio/write-file.ts';
import { formatSession, parseSession, type SessionFile } from '#core/session/session-file.ts';
import { readSmallText } from './read-file.ts';
import { SerialQueue } from './serial-queue.ts';
import { setAside } from './state-file.ts';

const recoverySchema = z.object({
  /** ISO 8601. */
  savedAt: z.string(),
  /** Of the host that wrote it; `host` is another for every start. */
  pid: z.int(),
  host: z.string(),
  /** Where the session was saved last; null when it never was. */
  path: z.string().nullable(),
});

/** A session that an unclean end left. */
export interface AbandonedSession {
  readonly recoveryPath: string;
  readonly savedAt: string;
  readonly session: SessionFile;
  /** Where the session was saved last; null when it never was. */
  readonly path: string | null;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export class Recovery {
  readonly host = randomUUID();
  private readonly held = new Map<string, KeptSession>();

  constructor(readonly folder: string) {}

  /** A place for one window's session. */
  hold(): KeptSession {
    const name = `session-${randomUUID()}.json`;
    const kept = new KeptSession(join(this.folder, name), this.host);
    this.held.set(name, kept);
    return kept;
  }

  /**
   * What unclean ends left, the newest first, and a sentence for each file that could not be read (these are set aside).
   */
  async abandoned(): Promise<{ sessions: AbandonedSession[]; notices: string[] }> {
    for (const [name, kept] of this.held) {
      if (kept.isInUse) continue;
      await kept.settled();
      this.held.delete(name);
    }
    const sessions: AbandonedSession[] = [];
    const notices: string[] = [];
    for (const name of await readdir(this.folder).catch(() => [])) {
      if (!/^session-[0-9a-f-]+\.json$/.test(name)) continue;
      if (this.held.has(name)) continue;
      const recoveryPath = join(this.folder, name);
      try {
        const text = await readSmallText(recoveryPath);
        const session = parseSession(text, `“${recoveryPath}”`);
        const { recovery } = z.object({ recovery: recoverySchema }).parse(JSON.parse(text));
        if (this.isOfOther(recovery)) continue;
        sessions.push({ recoveryPath, session, savedAt: recovery.savedAt, path: recovery.path });
      } catch {
        // Another host may just have removed its own file.
        const aside = await setAside(recoveryPath).catch(() => undefined);
        if (aside !== undefined)
          notices.push(`What was left of an unsaved session could not be read; it is kept as “${aside}”.`);
      }
    }
    sessions.sort((a, b) => b.savedAt.localeCompare(a.savedAt));
    return { sessions, notices };
  }

  async remove({ recoveryPath }: AbandonedSession): Promise<void> {
    await rm(recoveryPath, { force: true });
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.held.values(), (kept) => kept.settled()));
  }

  /** True when another host that is still running works on it. */
  private isOfOther({ pid, host, savedAt }: z.infer<typeof recoverySchema>): boolean {
    if (host === this.host || pid === process.pid) return false;
    // Process ids start again at every start of the machine.
    const startedAt = Date.now() - uptime() * 1000;
    return Date.parse(savedAt) > startedAt && isRunning(pid);
  }
}

/** One window's recovery file. Writes never overlap, and when they pile up only the latest is written. */
export class KeptSession {
  private readonly queue = new SerialQueue();
  private waiting: { text: string; written: Promise<void> } | undefined;
  private keeps = 0;
  /** The window is there. */
  isInUse = true;

  constructor(
    private readonly path: string,
    private readonly host: string,
  ) {}

  /** How often something was kept; tells whether there was a change since. */
  get changes(): number {
    return this.keeps;
  }

  /** Resolves when this or something later is on the disk. Throws UserError('output'). */
  keep(session: SessionFile, path: string | null): Promise<void> {
    this.keeps++;
    const text = formatSession(session, {
      recovery: { savedAt: new Date().toISOString(), pid: process.pid, host: this.host, path },
    });
    if (this.waiting) {
      this.waiting.text = text;
      return this.waiting.written;
    }
    const next = {
      text,
      written: this.queue.run(async () => {
        if (this.waiting === next) this.waiting = undefined;
        await writeFileAtomically(this.path, next.text);
      }),
    };
    this.waiting = next;
    return next.written;
  }

  /** Removes the file; what was kept before is gone, what is kept from now on stays. */
  forget(): Promise<void> {
    this.waiting = undefined;
    // What cannot be removed is offered again, which loses nothing; that is no reason for a save to fail.
    return this.queue.run(() => rm(this.path, { force: true }).catch(() => undefined));
  }

  /** The window is gone; what it had not saved is now there to be recovered. */
  release(): void {
    this.isInUse = false;
  }

  settled(): Promise<void> {
    return this.queue.settled();
  }
}
