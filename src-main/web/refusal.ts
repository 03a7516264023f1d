/** Requests that are not answered as they were meant: a status and one sentence. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    /** One sentence for the user. */
    override readonly message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** How long a client may go on sending what was refused, so that it gets to reading the answer. */
const DRAIN_MS = 1000;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Answers with a page for people who look at it in a browser, and with the sentence alone for programs. */
export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, message, headers } = refusal;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const isPage = request.headers.accept?.includes('text/html') ?? false;
  const body = isPage
    ? `<!doctype html><html lang="en"><meta charset="utf-8"><title>Voxfit</title><h1>Voxfit</h1><p>${escaped(message)}</p></html>\n`
    : `${message}\n`;
  const isSending = !request.complete;
  response.writeHead(status, {
    ...headers,
    'Content-Type': `text/${isPage ? 'html' : 'plain'}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    ...(isSending ? { Connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  if (!isSending) return;
  request.resume();
  const hangUp = setTimeout(() => {
    request.socket.destroy();
  }, DRAIN_MS);
  request.once('close', () => {
    clearTimeout(hangUp);
  });
}
