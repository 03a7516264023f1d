/**
 * Writes a file so that it is either the whole new one or what it was before: into a temporary file in the same
 * folder, which is flushed to the disk and then takes the name. A link keeps pointing at its file, and a file that
 * is replaced keeps its permissions. Devices and pipes (such as /dev/null) cannot be replaced and are written to
 * directly.
 */
import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { access, constants, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '#core/errors.ts';

const NEW_FILE_MODE = 0o666;

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

async function replace(target: string, chunks: Chunks, oldMode: number | undefined): Promise<void> {
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
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
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
  return replace(target, chunks, existing?.mode);
}

/**
 * @param data the bytes, whole or in pieces; when making a piece throws, nothing is written
 * @throws UserError `output` for everything that the user can do something about
 */
export async function writeFileAtomically(path: string, data: string | Uint8Array | Chunks): Promise<void> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  try {
    await writeTo(path, bytes instanceof Uint8Array ? [bytes] : bytes);
  } catch (error) {
    const sentence = sentenceFor(error, path);
    if (sentence === undefined) throw error;
    throw new UserError('output', sentence);
  }
}
