/** The window's files, as Electron's app:// hands them out. */
import { readFile } from 'node:fs/promises';
import { securityHeaders } from '../content-security-policy.ts';
import { contentType, fileInFolder } from '../web/files.ts';
import { Refusal } from '../web/refusal.ts';

export interface PageFiles {
  /** The built window, with index.html. */
  readonly rendererFolder: string;
  readonly kernelsPath: string;
}

/** Never rejects: what is not there is answered so. */
export async function answerPage(request: Request, files: PageFiles): Promise<Response> {
  const headers = securityHeaders();
  try {
    if (request.method !== 'GET') throw new Refusal(405, 'The window’s files can only be read.');
    const { pathname } = new URL(request.url);
    const path =
      pathname === '/kernels.wasm' ? files.kernelsPath : await fileInFolder(files.rendererFolder, pathname);
    const bytes = await readFile(path).catch(() => {
      throw new Refusal(404, 'There is nothing at this address.');
    });
    return new Response(bytes, { headers: { ...headers, 'Content-Type': contentType(path) } });
  } catch (error) {
    const { status, message } =
      error instanceof Refusal ? error : new Refusal(500, 'Something unexpected went wrong.');
    return new Response(message, {
      status,
      headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    });
  }
}
