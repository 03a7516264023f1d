/**
 * Writes files so that a name stands for a whole file at any time, whatever ends the program. One is written so that it is either the whole new one or what it was before: into a temporary file in the same
 * folder, which is flushed to the disk and then takes the name. A link keeps pointing at its file, and a file that
 * is replaced keeps its permissions. Devices and pipes (such as /dev/null) cannot be replaced and are written to
 * directly.
 */
import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { access, constants, link, lstat, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '#core/errors.ts';

const NEW_FILE_MODE = 0o666;
const TEMPORARY = /^\.voxfit-[0-9a-f]{8}-[0-9a-f]{4}\.tmp$/;
/** What has not been written to for so long was left by a program that ended in the middle. */
const LEFT_AFTER_MS = 10 * 60_000;
/** What disks answer that know no second names for a file, as those of memory cards and some servers. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EINVAL'];

function sentenceFor(error: unknown, path: string): string | undefined {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `The folder “${dirname(path)}” does not exist; create it or choose another.`;
    case 'EACCES':
    case 'EPERM':
      return `“${path}” may not be written; choose another place or give yourself permission.`;
    case 'EROFS':
      return `“${path}” is on a read-only disk; choose another place.`;
    case 'EISDIR':
      return `“${path}” is a folder; give a file name in it.`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `There is no space left for “${path}”; free some or choose another disk.`;
    case 'EFBIG':
      return `“${path}” is larger than its disk allows; choose another disk or write a shorter file.`;
    case 'ENAMETOOLONG':
      return `The name “${basename(path)}” is too long; choose a shorter one.`;
    case 'EIO':
      return `“${path}” cannot be written because its disk reports an error; choose another disk.`;
    case 'ETXTBSY':
    case 'EBUSY':
      return `“${path}” is in use by another program; close that or choose another name.`;
    default:
      return undefined;
  }
}

/** The bytes of a file in pieces; they may be made while it is being written. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

async function writeAll(handle: FileHandle, chunks: Chunks): Promise<void> {
  for await (const chunk of chunks) {
    for (let written = 0; written < chunk.length;) {
      written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
    }
  }
}

async function writeDirectly(path: string, chunks: Chunks): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await writeAll(handle, chunks);
  } finally {
    await handle.close();
  }
}

/** Writes a whole file beside `target` and gives it to `take`; nothing is left of it when that fails. */
async function writeBeside<T>(
  target: string,
  chunks: Chunks,
  oldMode: number | undefined,
  take: (temporary: string) => Promise<T>,
): Promise<T> {
  // Short, so that it fits wherever the name itself does.
  const temporary = join(dirname(target), `.voxfit-${randomUUID().slice(0, 13)}.tmp`);
  const handle = await open(temporary, 'wx', NEW_FILE_MODE);
  try {
    try {
      await writeAll(handle, chunks);
      if (oldMode !== undefined) await handle.chmod(oldMode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return await take(temporary);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Throws EEXIST when the name is taken. */
async function renameToFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!NO_LINKS.includes(code)) throw error;
    // For a moment the name stands for an empty file; another program's is still never overwritten.
    await (await open(to, 'wx', NEW_FILE_MODE)).close();
    try {
      await rename(from, to);
    } catch (failure) {
      await unlink(to).catch(() => undefined);
      throw failure;
    }
    return;
  }
  try {
    await unlink(from);
  } catch (error) {
    await unlink(to).catch(() => undefined);
    throw error;
  }
}

async function writeTo(path: string, chunks: Chunks): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  if (existing?.isDirectory() || basename(path) === '' || path.endsWith('/'))
    throw Object.assign(new Error('A folder cannot be written.'), { code: existing ? 'EISDIR' : 'ENOENT' });
  if (existing && !existing.isFile()) return writeDirectly(target, chunks);
  if (existing) await access(target, constants.W_OK);
  await writeBeside(target, chunks, existing?.mode, (temporary) => rename(temporary, target));
}

function userErrorFor(error: unknown, path: string): unknown {
  const sentence = sentenceFor(error, path);
  return sentence === undefined ? error : new UserError('output', sentence);
}

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

/**
 * @param data the bytes, whole or in pieces; when making a piece throws, nothing is written
 * @throws UserError `output` for everything that the user can do something about
 */
export async function writeFileAtomically(path: string, data: string | Uint8Array | Chunks): Promise<void> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  try {
    await writeTo(path, bytes instanceof Uint8Array ? [bytes] : bytes);
  } catch (error) {
    throw userErrorFor(error, path);
  }
}

/**
 * As {@link writeFileAtomically}, but never in the place of another file: false, and nothing written, when the name is taken.
 */
export async function writeNewFile(path: string, text: string): Promise<boolean> {
  try {
    await writeBeside(path, [new TextEncoder().encode(text)], undefined, (temporary) =>
      renameToFree(temporary, path),
    );
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw userErrorFor(error, path);
  }
}

/**
 * Gives a file another name on the same disk, unless that is taken: then false. Whatever ends the program, the file has one
 * of both names, or both. Throws what the file system does.
 */
export async function moveToFree(from: string, to: string): Promise<boolean> {
  try {
    await renameToFree(from, to);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

/**
 * Removes what writers of this file have left in a folder that were ended in the middle, minutes ago or more; younger ones
 * may still be under way. `names`: of the folder's files. What cannot be removed stays.
 */
export async function removeLeftovers(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names.filter((each) => TEMPORARY.test(each))) {
    const path = join(folder, name);
    const facts = await lstat(path).catch(() => undefined);
    if (facts?.isFile() && Date.now() - facts.mtimeMs > LEFT_AFTER_MS)
      await unlink(path).catch(() => undefined);
  }
}
