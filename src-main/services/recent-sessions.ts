/** The sessions that were opened or saved last. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { RecentSession } from '#core/protocol/app.ts';
import { UserError } from '#core/errors.ts';
import { withoutExtension } from './file-kinds.ts';
import { SerialQueue } from './serial-queue.ts';
import { StateFile } from './state-file.ts';

const MAX_RECENTS = 12;

const schema = z.object({
  sessions: z.array(z.object({ path: z.string(), openedAt: z.string() })).default([]),
});

/** Stable, so that a list shown a while ago still works. */
const idOf = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 16);

export class RecentSessions {
  private readonly file: StateFile<z.infer<typeof schema>>;
  private readonly queue = new SerialQueue();

  constructor(userFolder: string) {
    this.file = new StateFile(join(userFolder, 'recents.json'), 'The recent sessions', 1, schema);
  }

  /** The last one first. */
  async list(): Promise<RecentSession[]> {
    const { sessions } = await this.read();
    return Promise.all(
      sessions.map(async ({ path, openedAt }) => ({
        id: idOf(path),
        name: withoutExtension(basename(path), 'session'),
        path,
        openedAt,
        exists: await stat(path).then(
          (facts) => facts.isFile(),
          () => false,
        ),
      })),
    );
  }

  /** Throws UserError('bad-input') for an id that is not in the list. */
  async pathOf(id: string): Promise<string> {
    const found = (await this.read()).sessions.find(({ path }) => idOf(path) === id);
    if (!found) throw new UserError('bad-input', 'This session is no longer in the list; open its file.');
    return found.path;
  }

  /** Throws UserError('output'). */
  add(path: string): Promise<void> {
    return this.change((sessions) =>
      [
        { path, openedAt: new Date().toISOString() },
        ...sessions.filter((session) => session.path !== path),
      ].slice(0, MAX_RECENTS),
    );
  }

  /** Throws UserError('output'). */
  remove(id: string): Promise<void> {
    return this.change((sessions) => sessions.filter(({ path }) => idOf(path) !== id));
  }

  private async read(): Promise<z.infer<typeof schema>> {
    return this.queue.run(async () => (await this.file.read()).value);
  }

  /** Reads before it writes, because another Voxfit may have written too. */
  private change(
    edit: (sessions: z.infer<typeof schema>['sessions']) => z.infer<typeof schema>['sessions'],
  ): Promise<void> {
    return this.queue.run(async () => {
      const { value } = await this.file.read();
      await this.file.write({ sessions: edit(value.sessions) });
    });
  }
}
