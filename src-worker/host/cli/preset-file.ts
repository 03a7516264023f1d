/** Preset files on disk. */
import { readFile } from 'node:fs/promises';
import { UserError } from '#core/errors.ts';
import type { Preset } from '#core/preset/preset.ts';

/** The bytes of a file. Throws UserError('bad-input') if there are none to read. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file',
      ENOTDIR: 'there is no such file',
      EISDIR: 'it is a folder',
      EACCES: 'there is no permission to read it',
      EPERM: 'there is no permission to read it',
    };
    throw new UserError('bad-input', `Cannot read “${path}”: ${reasons[code] ?? code}.`);
  }
}

/** The preset in a file. Throws UserError('bad-input') for anything but a whole preset. */
export async function readPreset(path: string): Promise<Preset> {
  const text = new TextDecoder().decode(await readInput(path));
  const { parsePreset } = await import('#core/preset/preset.ts');
  return parsePreset(text, `“${path}”`);
}
