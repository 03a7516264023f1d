/**
 * One Voxfit per user folder: the first start holds a lock file there, later ones pass their wish on to it. The file
 * says how to reach the first one, and holds the secret that proves the right to; only its owner can read it.
 */
import { mkdir, open, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '#core/errors.ts';
import { newSecret } from './access.ts';
import { handoverAnswerSchema, type handoverRequestSchema, linkOf } from './web-host.ts';

/** This start is the first one. */
export interface FirstInstance {
  readonly isFirst: true;
  /** Later starts show it. */
  readonly secret: string;
  /** From now on later starts find this one at the port. */
  publish(port: number): Promise<void>;
  release(): Promise<void>;
}

/** Another start was first and has taken over what this one was started for. */
export interface HandedOver {
  readonly isFirst: false;
  /** A fresh link to it. */
  readonly url: string;
  /** Whether it is open in a browser. */
  readonly hasWindow: boolean;
}

const lockSchema = z.object({
  pid: z.int().positive(),
  /** 0 while it is starting. */
  port: z.int().min(0).max(65_535),
  secret: z.string().min(1),
});
type Lock = z.infer<typeof lockSchema>;

const POLL_MS = 50;
/** How long a first start may take, from its lock to its port. */
const START_PATIENCE_MS = 15_000;
/** How long the first one may take to answer. */
const ANSWER_PATIENCE_MS = 10_000;

/**
 * @param session absolute path of a session to open
 * @throws UserError `output` for a user folder that cannot be used or a first start that does not answer, and whatever
 *   the first start finds wrong with the session
 */
export async function becomeFirstOrHandOver(
  userFolder: string,
  session: string | undefined,
): Promise<FirstInstance | HandedOver> {
  const path = join(userFolder, 'voxfit.lock');
  try {
    await mkdir(userFolder, { recursive: true });
    const deadline = performance.now() + START_PATIENCE_MS;
    for (;;) {
      const first = await acquire(path);
      if (first) return first;
      const text = await readFile(path, 'utf8').catch(ifMissing);
      if (text === undefined) continue;
      const lock = parseWith(lockSchema, text);
      const isStarting = lock ? lock.port === 0 && isAlive(lock.pid) : text === '';
      if (isStarting && performance.now() < deadline) {
        await wait(POLL_MS);
        continue;
      }
      const handedOver =
        lock && lock.port > 0 && isAlive(lock.pid) ? await handOver(lock, session) : undefined;
      if (handedOver) return handedOver;
      await removeStale(path, text);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || code === undefined) throw error;
    throw new UserError(
      'output',
      `The user folder “${userFolder}” cannot be used (${code}); choose another with --user-folder.`,
    );
  }
}

async function acquire(path: string): Promise<FirstInstance | undefined> {
  const own: Lock = { pid: process.pid, port: 0, secret: newSecret() };
  try {
    const handle = await open(path, 'wx', 0o600);
    await handle.writeFile(JSON.stringify(own));
    await handle.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  return {
    isFirst: true,
    secret: own.secret,
    publish: async (port) => {
      const next = `${path}.${own.pid}`;
      await writeFile(next, JSON.stringify({ ...own, port } satisfies Lock), { mode: 0o600 });
      await rename(next, path);
    },
    release: async () => {
      const text = await readFile(path, 'utf8').catch(() => '');
      if (parseWith(lockSchema, text)?.secret === own.secret) await unlink(path).catch(() => undefined);
    },
  };
}

/** undefined for what is no JSON of this shape. */
function parseWith<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  // A container's processes get the same ids at every start.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes a lock that nobody holds, unless another start has put its own in its place. */
async function removeStale(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    ifMissing(error);
    return;
  }
  const isFresh = (await readFile(aside, 'utf8')) !== text;
  if (isFresh) await rename(aside, path);
  else await unlink(aside);
}

/** undefined: whoever is at the port now is not the holder of the lock. */
async function handOver(lock: Lock, session: string | undefined): Promise<HandedOver | undefined> {
  const body: z.infer<typeof handoverRequestSchema> = session === undefined ? {} : { session };
  let answer: { status: number; text: string };
  try {
    answer = await post(lock, JSON.stringify(body));
  } catch (error) {
    if ((error as Error).name === 'AbortError')
      throw new UserError(
        'output',
        `Voxfit runs already but does not answer; end its process ${lock.pid} and start again.`,
      );
    return undefined;
  }
  if (answer.status === 422) throw new UserError('bad-input', answer.text.trim());
  const given = answer.status === 200 ? parseWith(handoverAnswerSchema, answer.text) : undefined;
  return given && { isFirst: false, url: linkOf(lock.port, given.key), hasWindow: given.hasWindow };
}

function post({ port, secret }: Lock, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: '/handover',
        method: 'POST',
        agent: false,
        signal: AbortSignal.timeout(ANSWER_PATIENCE_MS),
        headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (text += piece));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Answers undefined for a file that is not there, and throws any other error again. */
function ifMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
