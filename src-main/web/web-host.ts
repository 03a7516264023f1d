/**
 * The local web host: Voxfit in a browser, on 127.0.0.1 only. It serves the window's files, carries its ports over
 * WebSockets, and takes and gives files, as Electron does for its window.
 *
 *     GET  /?key=…           a link that works once: lets the browser in
 *     GET  /…                the window
 *     GET  /kernels.wasm     for its AudioWorklet
 *     WS   /port/<name>      app, engine, audio; frames as of core/protocol/wire.ts
 *     POST /upload?name=…    a file, answered with its FileRef
 *     GET  /download?file=…  a granted file
 *     POST /handover         for a second start of the program: passes a session on, answered with a new key
 */
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { UserError } from '#core/errors.ts';
import type { Port } from '#core/protocol/port.ts';
import { UPLOAD_LIMIT_BYTES, WINDOW_MESSAGE_LIMIT_BYTES } from '#core/protocol/web.ts';
import type { Supervisor } from '../children/supervisor.ts';
import { securityHeaders } from '../content-security-policy.ts';
import type { AppServices } from '../services/index.ts';
import { Access, isSameSecret, requireLocal } from './access.ts';
import { fileInFolder, sendFile } from './files.ts';
import { refuse, Refusal } from './refusal.ts';
import { socketPort } from './socket-port.ts';
import { receiveUpload } from './uploads.ts';

export interface WebHostOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly services: AppServices;
  readonly supervisor: Supervisor;
  /** The built window, with index.html. */
  readonly rendererFolder: string;
  readonly kernelsPath: string;
  /** Lets a second start of the program hand over to this one. */
  readonly handoverSecret: string;
  readonly uploadLimitBytes?: number;
}

export interface WebHost {
  readonly port: number;
  /** A link that lets one browser in. */
  readonly url: string;
  /** Ends every connection; resolves when the port is free and no upload is left. */
  close(): Promise<void>;
}

export const handoverRequestSchema = z.object({ session: z.string().max(4096).optional() });
export const handoverAnswerSchema = z.object({ key: z.string(), hasWindow: z.boolean() });

const HANDOVER_LIMIT_BYTES = 16_384;
/** For the headers of a request, and for a connection without any. */
const IDLE_MS = 60_000;

/** The link that a key belongs to. */
export const linkOf = (port: number, key: string): string => `http://127.0.0.1:${port}/?key=${key}`;

/** Throws UserError('output') when the port cannot be had. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const server = createServer({ headersTimeout: IDLE_MS, requestTimeout: 0 });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return new RunningWebHost(server, port, options);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UserError(
          'output',
          error.code === 'EADDRINUSE'
            ? `Port ${port} is used by another program; choose another with --port, or leave it out.`
            : `Port ${port} cannot be opened (${error.code ?? error.message}); choose another with --port.`,
        ),
      );
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      resolve();
    });
  });
}

class RunningWebHost implements WebHost {
  readonly url: string;
  private readonly access: Access;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: WINDOW_MESSAGE_LIMIT_BYTES,
    perMessageDeflate: false,
  });
  private readonly uploads = new Set<Promise<unknown>>();
  private windows = 0;

  constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly options: WebHostOptions,
  ) {
    this.access = new Access(port);
    // `'self'` is enough for WebSockets in new browsers only.
    this.headers = securityHeaders([`ws://127.0.0.1:${port}`, `ws://localhost:${port}`]);
    this.url = linkOf(port, this.access.newKey());
    server.on('request', (request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        refuse(request, response, refusalOf(error));
      });
    });
    server.on('upgrade', (request, socket, head) => {
      this.upgrade(request, socket, head);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await Promise.all([closed, ...this.uploads]);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(this.headers)) response.setHeader(name, value);
    const { path, query } = targetOf(request);
    if (path === '/handover') return this.handOver(request, response);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    requireLocal(request, this.port, !isRead);

    const key = query.get('key');
    if (path === '/' && key !== null && isRead) return this.enter(request, response, key);
    this.access.require(request);

    if (path === '/upload') {
      requireMethod(request, 'POST');
      return this.upload(request, response, query.get('name') ?? '');
    }
    requireMethod(request, 'GET', 'HEAD');
    if (path.startsWith('/port/'))
      throw new Refusal(426, 'Ports are for WebSockets.', { Upgrade: 'websocket' });
    if (path === '/download')
      return sendFile(request, response, this.granted(query.get('file') ?? ''), 'attachment');
    if (path === '/kernels.wasm') return sendFile(request, response, this.options.kernelsPath, 'page');
    return sendFile(request, response, await fileInFolder(this.options.rendererFolder, path), 'page');
  }

  /** Exchanges a link's key for a cookie; a browser that is in already needs none. */
  private enter(request: IncomingMessage, response: ServerResponse, key: string): void {
    const cookie = this.access.redeem(key);
    if (cookie === undefined) this.access.require(request);
    response.writeHead(303, { Location: '/', ...(cookie === undefined ? {} : { 'Set-Cookie': cookie }) });
    response.end();
  }

  private async upload(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const { services, uploadLimitBytes = UPLOAD_LIMIT_BYTES } = this.options;
    const receiving = receiveUpload(request, services.uploadsFolder, name, uploadLimitBytes);
    const settled = receiving.catch(() => undefined);
    this.uploads.add(settled);
    void settled.then(() => this.uploads.delete(settled));
    sendJson(response, await services.grant(await receiving));
  }

  private granted(fileId: string): string {
    try {
      return this.options.services.pathOf(fileId);
    } catch (error) {
      throw error instanceof UserError ? new Refusal(404, error.message) : error;
    }
  }

  private async handOver(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requireLocal(request, this.port, false);
    requireMethod(request, 'POST');
    const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // A program has no origin; whatever has one is a page in a browser.
    if (request.headers.origin !== undefined || !isSameSecret(given, this.options.handoverSecret))
      throw new Refusal(403, 'Only another start of Voxfit may ask this.');
    const asked = handoverRequestSchema.safeParse(await readJson(request));
    if (!asked.success) throw new Refusal(400, 'This request cannot be read.');
    if (asked.data.session !== undefined) await this.options.services.requestSession(asked.data.session);
    sendJson(response, {
      key: this.access.newKey(),
      hasWindow: this.windows > 0,
    } satisfies z.infer<typeof handoverAnswerSchema>);
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {
      socket.destroy();
    });
    try {
      const { path } = targetOf(request);
      requireLocal(request, this.port, true);
      this.access.require(request);
      const serve = this.servantOf(path);
      this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
        serve(socketPort(webSocket));
      });
    } catch (error) {
      this.refuseUpgrade(socket, refusalOf(error));
    }
  }

  /** Who serves a port. Throws a {@link Refusal} for a port that does not exist. */
  private servantOf(path: string): (port: Port) => void {
    const { services, supervisor } = this.options;
    switch (path) {
      case '/port/app':
        return (port) => {
          this.windows++;
          port.onClose(() => {
            this.windows--;
          });
          services.connect(port);
        };
      case '/port/engine':
        return (port) => {
          supervisor.connect('engine', port);
        };
      case '/port/audio':
        return (port) => {
          supervisor.connect('audio', port);
        };
      default:
        throw new Refusal(404, 'There is no such port.');
    }
  }

  private refuseUpgrade(socket: Duplex, { status, message }: Refusal): void {
    const headers = {
      ...this.headers,
      Connection: 'close',
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(message),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${message}`);
  }
}

function targetOf(request: IncomingMessage): { path: string; query: URLSearchParams } {
  const target = request.url ?? '';
  if (!target.startsWith('/')) throw new Refusal(400, 'This address cannot be read.');
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

function requireMethod(request: IncomingMessage, ...methods: readonly string[]): void {
  if (!methods.includes(request.method ?? ''))
    throw new Refusal(405, `This address is for ${methods.join(' and ')} only.`, {
      Allow: methods.join(', '),
    });
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > HANDOVER_LIMIT_BYTES) throw new Refusal(413, 'This request is too long.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'This request cannot be read.');
  }
}

/** Defects keep their details for whoever runs the program. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof UserError) return new Refusal(422, error.message);
  console.error(error);
  return new Refusal(500, 'Something unexpected went wrong; please report it.');
}
