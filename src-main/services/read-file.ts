/** Reading small files that the user gave, with a sentence for everything that can be wrong with them. */
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '#core/errors.ts';

/** Sessions and presets take some 100 kB; a file beyond this is something else under their name. */
const MAX_BYTES = 32 << 20;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is no longer there, or was never',
  ENOTDIR: 'it is no longer there, or was never',
  EACCES: 'there is no permission to read it',
  EPERM: 'there is no permission to read it',
  EISDIR: 'it is a folder',
  EIO: 'its disk reports an error',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
};

/** What to throw when a file cannot be read. */
export function unreadable(path: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new UserError('bad-input', `“${path}” cannot be opened: ${REASONS[code] ?? code}.`);
}

/** The size in bytes. Throws UserError('bad-input') unless it is a file that is there. */
export async function requireFile(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (found.isFile()) return found.size;
  const what = found.isDirectory() ? 'a folder' : 'a device';
  throw new UserError('bad-input', `“${path}” cannot be opened: it is ${what}, not a file.`);
}

/** All bytes of a session or preset. Throws UserError('bad-input'). */
export async function readSmallFile(path: string): Promise<Uint8Array> {
  if ((await requireFile(path)) > MAX_BYTES)
    throw new UserError('bad-input', `“${path}” is far too large for a session or a preset.`);
  return readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

export async function readSmallText(path: string): Promise<string> {
  return new TextDecoder().decode(await readSmallFile(path));
}
