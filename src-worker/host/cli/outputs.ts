/** Output files: everything that can be known to fail is found out before the work begins. */
import { access, constants, open, realpath, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '#core/errors.ts';
import { usageError } from './arguments.ts';

/** Where a path leads: links followed, also when the file itself does not exist yet. */
async function canonicalPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const folder = await realpath(dirname(resolve(path))).catch(() => dirname(resolve(path)));
    return join(folder, basename(path));
  }
}

const OTHER_SOUND = /\.(mp3|flac|aiff?|ogg|opus|m4a|aac|wma)$/i;

/** Throws UserError('usage') if the name promises another kind of sound than wav. */
export function requireWavName(command: string, path: string): void {
  if (OTHER_SOUND.test(path))
    throw usageError(command, `“${path}” would be a wav file in disguise; give it a name that ends in .wav.`);
}

async function isRegularOrNew(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return !found || found.isFile();
}

/** Throws UserError('usage') if an output is also an input, or two outputs are the same file. */
export async function requireDistinctFiles(
  command: string,
  inputs: readonly string[],
  outputs: readonly string[],
): Promise<void> {
  const inputPaths = await Promise.all(inputs.map(canonicalPath));
  const seen = new Map<string, string>();
  for (const output of outputs) {
    if (!(await isRegularOrNew(output))) continue;
    const path = await canonicalPath(output);
    const input = inputPaths.indexOf(path);
    if (input >= 0)
      throw usageError(
        command,
        `“${output}” would overwrite the input “${inputs[input]}”; choose another output.`,
      );
    if (seen.has(path))
      throw usageError(
        command,
        `“${seen.get(path)}” and “${output}” are the same file; choose two different outputs.`,
      );
    seen.set(path, output);
  }
}

/** A sentence for why a file cannot be created. */
function writeFailure(path: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `the folder “${dirname(path)}” does not exist or takes no files`,
    ENOTDIR: `“${dirname(path)}” is not a folder`,
    EISDIR: 'it is a folder',
    EACCES: 'there is no permission to write there',
    EPERM: 'there is no permission to write there',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    ENAMETOOLONG: 'the name is too long',
  };
  return new UserError('output', `Cannot write “${path}”: ${reasons[code] ?? code}.`);
}

/** Throws UserError('output') unless a file can be created or replaced at each path. Leaves nothing behind. */
export async function requireWritable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (found?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      if (found) await access(path, constants.W_OK);
      if (found && !found.isFile()) continue;
      const probe = join(dirname(path), `.voxfit-${process.pid}.probe`);
      await (await open(probe, 'wx')).close();
      await unlink(probe);
    } catch (error) {
      throw writeFailure(path, error);
    }
  }
}

/** Writes a whole file or nothing. Throws UserError('output'). */
export async function writeOutput(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const { writeFileAtomically } = await import('#audio/write-file.ts');
  await writeFileAtomically(path, data);
}
