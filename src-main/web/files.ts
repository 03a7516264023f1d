/** Files that the local web host hands out. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal } from './refusal.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

const notThere = (): Refusal => new Refusal(404, 'There is nothing at this address.');

/** The media type of a file by its name. */
export function contentType(path: string): string {
  return TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
}

/** The file that a path of an address stands for. Throws a {@link Refusal} for what is not there or not in the folder. */
export async function fileInFolder(folder: string, addressPath: string): Promise<string> {
  let name: string;
  try {
    name = decodeURIComponent(addressPath);
  } catch {
    throw new Refusal(400, 'This address cannot be read.');
  }
  if (/[\0\\]/.test(name)) throw notThere();
  const root = await realpath(folder).catch(() => {
    throw new Refusal(503, 'The window of Voxfit is not built; run “npm run build” in its folder.');
  });
  // Links followed and dots resolved, so that what counts is where the file really is.
  const path = await realpath(join(root, name.endsWith('/') ? `${name}index.html` : name)).catch(
    () => undefined,
  );
  if (path === undefined || !path.startsWith(`${root}${sep}`)) throw notThere();
  return path;
}

/** A name for a Content-Disposition header, whatever is in it (RFC 6266). */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Answers with a file. Throws a {@link Refusal} when it cannot be read. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  as: 'page' | 'attachment',
): Promise<void> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) throw notThere();
  const source = createReadStream(path);
  await new Promise<void>((resolve, reject) => {
    source.once('open', () => {
      resolve();
    });
    source.once('error', () => {
      reject(new Refusal(404, `“${basename(path)}” cannot be read.`));
    });
  });
  response.writeHead(200, {
    'Content-Type': as === 'page' ? contentType(path) : 'application/octet-stream',
    'Content-Length': facts.size,
    ...(as === 'attachment' ? { 'Content-Disposition': attachment(basename(path)) } : {}),
  });
  if (request.method === 'HEAD') {
    source.destroy();
    response.end();
    return;
  }
  // A reader that goes away is no error, and a file that fails in the middle can only be cut off.
  await pipeline(source, response).catch(() => undefined);
}
