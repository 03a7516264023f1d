/** Files that a browser sends: whole and under a name of their own in the library's folder for uploads, or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { extname, join } from 'node:path';
import { UserError } from '#core/errors.ts';
import { isOfKind, requireKnownKind } from '../services/file-kinds.ts';
import { plainFileName } from '../services/library.ts';
import { Refusal } from './refusal.ts';

/** A plain file name. Throws a {@link Refusal} for a kind of file that Voxfit does not open. */
function uploadName(wanted: string): string {
  const name = wanted.split(/[/\\]/).at(-1)!;
  try {
    requireKnownKind(name);
  } catch (error) {
    if (error instanceof UserError) throw new Refusal(415, error.message);
    throw error;
  }
  const kinds = ['session', 'preset', 'audio'] as const;
  return plainFileName(
    name,
    kinds.find((kind) => isOfKind(name, kind))!,
  );
}

/** Reserves the first free one of `name.wav`, `name (2).wav` … by an empty file, and answers its path. */
async function reserve(folder: string, name: string): Promise<string> {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let number = 1; ; number++) {
    const path = join(folder, number === 1 ? name : `${stem} (${number})${extension}`);
    try {
      await (await open(path, 'wx')).close();
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function refusalFor(error: unknown, folder: string): Refusal {
  if (error instanceof Refusal) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Refusal(507, 'There is no space left for this file; free some and drop it again.');
  return new Refusal(500, `The file cannot be kept in “${folder}” (${code}); choose another library folder.`);
}

/**
 * Streams a request's body into a new file of the folder and answers its path.
 * Throws a {@link Refusal} when it is too large, cannot be written, or breaks off; then nothing is left of it.
 */
export async function receiveUpload(
  request: IncomingMessage,
  folder: string,
  wantedName: string,
  limitBytes: number,
): Promise<string> {
  const name = uploadName(wantedName);
  const tooLarge = new Refusal(
    413,
    `“${name}” is larger than the ${Math.floor(limitBytes / 2 ** 20)} MB that a browser may send; start Voxfit with its folder as the library instead.`,
  );
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge;
  const temporary = join(folder, `.voxfit-${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      let received = 0;
      // A request that is given up here stays open, so that it can be answered.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        received += chunk.length;
        if (received > limitBytes) throw tooLarge;
        await handle.writeFile(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const path = await reserve(folder, name);
    await rename(temporary, path);
    return path;
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw refusalFor(error, folder);
  }
}
