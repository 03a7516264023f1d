import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { appContract } from '#core/protocol/app.ts';
import { Client } from '#core/protocol/contract.ts';
import { WINDOW_MESSAGE_LIMIT_BYTES } from '#core/protocol/web.ts';
import { decodeMessage, encodeMessage } from '#core/protocol/wire.ts';
import type { FileRef } from '#core/session/document.ts';
import { forkChild } from '../children/forked-child.ts';
import { Supervisor } from '../children/supervisor.ts';
import { buildTestChild } from '../children/test-program.ts';
import { AppServices } from '../services/index.ts';
import { socketPort } from './socket-port.ts';
import { startWebHost, type WebHost } from './web-host.ts';

const UPLOAD_LIMIT_BYTES = 3 * 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'voxfit-web-'));
const renderer = join(folder, 'renderer');
const library = join(folder, 'library');

let host: WebHost;
let services: AppServices;
let supervisor: Supervisor;
/** Of a browser that is let in. */
let cookie: string;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A request as only a program can make it: with any Host, Origin and path. */
function ask(path: string, options: RequestOptions & { body?: Buffer | string } = {}): Promise<Answer> {
  const { body, headers, ...rest } = options;
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: host.port, path, agent: false, ...rest, headers: { cookie, ...headers } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const whole = Buffer.concat(pieces);
          const { statusCode: status = 0 } = response;
          resolve({ status, headers: response.headers, body: whole, text: whole.toString() });
        });
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

const origin = (): string => `http://127.0.0.1:${host.port}`;
const upload = (name: string, body: Buffer | string, headers = {}): Promise<Answer> =>
  ask(`/upload?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body,
    headers: { origin: origin(), ...headers },
  });

/** A fresh link's path and query. */
async function newLink(): Promise<string> {
  const answer = await ask('/handover', {
    method: 'POST',
    body: '{}',
    headers: { authorization: 'Bearer the-secret' },
  });
  return `/?key=${(JSON.parse(answer.text) as { key: string }).key}`;
}

function openSocket(path: string, headers: Record<string, string> = {}): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${host.port}${path}`, {
    headers: { cookie, origin: origin(), ...headers },
  });
}

/** The status with which an upgrade is refused; 101 when it is not. */
function upgradeStatus(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const socket = openSocket(path, headers);
    socket.on('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => undefined);
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
  });
}

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('open', () => {
      resolve();
    });
    socket.once('error', reject);
  });
const closeCode = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => {
    socket.once('close', resolve);
  });

beforeAll(async () => {
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>Voxfit</title>');
  writeFileSync(join(renderer, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'not for windows');
  mkdirSync(join(folder, 'renderer-private'));
  writeFileSync(join(folder, 'renderer-private', 'key.txt'), 'not for windows');
  symlinkSync(join(folder, 'secret.txt'), join(renderer, 'link.txt'));
  symlinkSync(folder, join(renderer, 'folder'));
  writeFileSync(join(folder, 'kernels.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d]));

  services = await AppServices.open({
    userFolder: join(folder, 'user'),
    libraryFolder: library,
    demoFolder: join(folder, 'demo'),
    version: '1.2.3',
    onGrant: (file, path) => {
      supervisor.grant(file, path);
    },
  });
  const program = await buildTestChild();
  supervisor = new Supervisor(
    (['engine', 'audio'] as const).map((name) => ({
      name,
      patienceMs: 20_000,
      priority: 0,
      spawn: () => forkChild(name, program, []),
    })),
    (child, state, message) => {
      services.childChanged(child, state, message);
    },
  );
  host = await startWebHost({
    port: 0,
    services,
    supervisor,
    rendererFolder: renderer,
    kernelsPath: join(folder, 'kernels.wasm'),
    handoverSecret: 'the-secret',
    uploadLimitBytes: UPLOAD_LIMIT_BYTES,
  });
  const { headers } = await ask(new URL(host.url).pathname + new URL(host.url).search, {
    headers: { cookie: '' },
  });
  cookie = headers['set-cookie']![0]!.split(';')[0]!;
});
afterAll(async () => {
  await host.close();
  await supervisor.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a link', () => {
  it('lets one browser in, once, and leads to the window', async () => {
    const link = await newLink();
    const first = await ask(link, { headers: { cookie: '' } });
    expect([first.status, first.headers.location]).toEqual([303, '/']);
    const [given] = first.headers['set-cookie']!;
    expect(given).toMatch(/^voxfit-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    const page = await ask('/', { headers: { cookie: given!.split(';')[0]! } });
    expect([page.status, page.text]).toEqual([200, '<!doctype html><title>Voxfit</title>']);

    const second = await ask(link, { headers: { cookie: '', accept: 'text/html' } });
    expect([second.status, second.headers['set-cookie']]).toEqual([403, undefined]);
    expect(second.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(second.text).toContain('Open Voxfit with the link that it printed');
  });

  it('may be opened again by the browser that is in', async () => {
    const link = await newLink();
    await ask(link, { headers: { cookie: '' } });
    const again = await ask(link);
    expect([again.status, again.headers.location]).toEqual([303, '/']);
  });

  it.each(['', 'wrong', 'a'.repeat(100_000 / 10)])('with a wrong key lets nobody in', async (key) => {
    expect((await ask(`/?key=${key}`, { headers: { cookie: '' } })).status).toBe(403);
  });
});

describe('a browser that was not let in', () => {
  it.each([
    '/',
    '/index.html',
    '/assets/main.js',
    '/kernels.wasm',
    '/download?file=f-1',
    '/nothing',
    '/port/app',
  ])('gets nothing from %s', async (path) => {
    for (const wrong of [
      '',
      `voxfit-${host.port}=`,
      `voxfit-${host.port}=${'A'.repeat(43)}`,
      cookie.slice(0, -1),
    ]) {
      const { status, text } = await ask(path, { headers: { cookie: wrong } });
      expect(status).toBe(403);
      expect(text).not.toContain('Voxfit</title>');
    }
  });

  it('gets no port and sends no file', async () => {
    expect(await upgradeStatus('/port/app', { cookie: '' })).toBe(403);
    expect((await upload('a.wav', 'x', { cookie: '' })).status).toBe(403);
    expect(existsSync(library)).toBe(false);
  });
});

describe('another address or page', () => {
  it('is refused by its Host', async () => {
    for (const name of [
      'evil.example',
      `evil.example:${host.port}`,
      '127.0.0.1',
      `127.0.0.1:${host.port + 1}`,
    ]) {
      expect((await ask('/', { headers: { host: name } })).status).toBe(403);
      expect((await ask(await newLink(), { headers: { host: name } })).status).toBe(403);
    }
    expect(await upgradeStatus('/port/app', { host: `evil.example:${host.port}` })).toBe(403);
    expect((await ask('/', { headers: { host: `localhost:${host.port}` } })).status).toBe(200);
  });

  it('is refused by its Origin', async () => {
    const others = ['http://evil.example', 'null', `https://127.0.0.1:${host.port}`, 'http://127.0.0.1:1'];
    for (const other of others) {
      expect((await ask('/', { headers: { origin: other } })).status).toBe(403);
      expect(await upgradeStatus('/port/app', { origin: other })).toBe(403);
      expect((await upload('a.wav', 'x', { origin: other })).status).toBe(403);
    }
    // The same program by its other name is another origin, and has another cookie.
    expect(await upgradeStatus('/port/app', { origin: `http://localhost:${host.port}` })).toBe(403);
    expect((await ask('/', { headers: { origin: origin() } })).status).toBe(200);
  });

  it('must say its Origin to open a port or to send a file', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/port/app`, { headers: { cookie } });
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => {
        resolve(response.statusCode);
      });
      socket.on('error', () => undefined);
    });
    expect(status).toBe(403);
    expect((await ask('/upload?name=a.wav', { method: 'POST', body: 'x' })).status).toBe(403);
  });
});

describe('every answer', () => {
  it.each([
    ['/', {}],
    ['/assets/main.js', {}],
    ['/nothing', {}],
    ['/', { headers: { cookie: '' } }],
    ['/', { headers: { host: 'evil.example' } }],
  ])('to %s %j has the headers that keep the window safe', async (path, options) => {
    const { headers } = await ask(path, options);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
        `font-src 'self'; connect-src 'self' ws://127.0.0.1:${host.port} ws://localhost:${host.port}; ` +
        "worker-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
  });
});

describe('files of the window', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/index.html?x=1', 'text/html; charset=utf-8'],
    ['/assets/main.js', 'text/javascript; charset=utf-8'],
    ['/kernels.wasm', 'application/wasm'],
  ])('%s comes as %s', async (path, type) => {
    const { status, headers, body } = await ask(path);
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(Number(headers['content-length'])).toBe(body.length);
    const head = await ask(path, { method: 'HEAD' });
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([
      200,
      0,
      String(body.length),
    ]);
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/../renderer-private/key.txt',
    '/link.txt',
    '/folder/secret.txt',
    '/folder/',
    '/assets',
    '/index.html%00.js',
    '//secret.txt',
    '/%252e%252e/secret.txt',
  ])('do not lead out of their folder by %s', async (path) => {
    const { status, text } = await ask(path);
    expect(status).toBe(404);
    expect(text).toBe('There is nothing at this address.\n');
  });

  it.each(['/%', '/%ff', 'http://127.0.0.1/', '*'])('cannot be asked for by %s', async (path) => {
    expect((await ask(path, { method: path === '*' ? 'OPTIONS' : 'GET' })).status).toBe(400);
  });
});

describe('a wrong method', () => {
  it.each([
    ['PUT', '/', 'GET, HEAD'],
    ['DELETE', '/assets/main.js', 'GET, HEAD'],
    ['POST', '/download?file=f-1', 'GET, HEAD'],
    ['GET', '/upload?name=a.wav', 'POST'],
    ['PUT', '/upload?name=a.wav', 'POST'],
    ['GET', '/handover', 'POST'],
  ])('%s %s is refused', async (method, path, allow) => {
    const { status, headers, text } = await ask(path, { method, headers: { origin: origin() } });
    expect([status, headers.allow]).toEqual([405, allow]);
    expect(text).toMatch(/^[^\n]+\.\n$/);
  });

  it('GET of a port says what it is for', async () => {
    expect((await ask('/port/app')).status).toBe(426);
  });
});

describe('ports', () => {
  it('carry the app contract', async () => {
    const socket = openSocket('/port/app');
    await opened(socket);
    const client = new Client(appContract, socketPort(socket));
    expect(await client.call('hello', {})).toMatchObject({ version: '1.2.3', libraryPath: library });
    const requested = new Promise((resolve) => client.on('child', resolve));
    services.childChanged('audio', 'up', 'There it is.');
    expect(await requested).toEqual({ child: 'audio', state: 'up', message: 'There it is.' });
    client.close();
  });

  it('carry what windows and children say to each other', async () => {
    const socket = openSocket('/port/engine');
    await opened(socket);
    const port = socketPort(socket);
    const heard: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      port.onMessage((message) => {
        heard.push(message);
        if (heard.length === 2) resolve();
      });
    });
    const sound = new Float32Array([0.25, -0, NaN, -Infinity]);
    port.send({ sound });
    port.send('pid');
    await done;
    expect(heard[0]).toEqual({ echo: { sound } });
    expect(heard[1]).not.toBe(process.pid);
  });

  it('close when their child goes, and open again', async () => {
    const socket = openSocket('/port/audio');
    await opened(socket);
    const port = socketPort(socket);
    port.send('die');
    await new Promise<void>((resolve) => {
      port.onClose(resolve);
    });
    const again = openSocket('/port/audio');
    await opened(again);
    const next = socketPort(again);
    next.send(1);
    expect(
      await new Promise((resolve) => {
        next.onMessage(resolve);
      }),
    ).toEqual({ echo: 1 });
  });

  it.each(['/port/', '/port/main', '/port/app/', '/', '/handover'])('do not exist at %s', async (path) => {
    expect(await upgradeStatus(path)).toBe(404);
  });

  it.each([
    ['text', 'hello', 1003],
    ['bytes that are no message', Buffer.from([1, 2, 3]), 1007],
    ['a cut message', Buffer.from(encodeMessage({ a: 1 })).subarray(0, -1), 1007],
    ['a message that is too long', Buffer.alloc(WINDOW_MESSAGE_LIMIT_BYTES + 1), 1009],
  ])('close at %s', async (_, data, code) => {
    for (const path of ['/port/app', '/port/engine']) {
      const socket = openSocket(path);
      await opened(socket);
      socket.send(data);
      expect(await closeCode(socket)).toBe(code);
    }
    expect(await upgradeStatus('/port/app')).toBe(101);
  });

  it('take the longest message', async () => {
    const socket = openSocket('/port/engine');
    await opened(socket);
    const port = socketPort(socket);
    const data = new Uint8Array(WINDOW_MESSAGE_LIMIT_BYTES - 100).fill(7);
    const echo = new Promise((resolve) => {
      port.onMessage(resolve);
    });
    port.send(data);
    const { echo: back } = (await echo) as { echo: Uint8Array };
    expect(back.length).toBe(data.length);
    port.close();
  });

  it('outlive bytes that are no WebSocket', async () => {
    const socket = connectSocket(host.port, '127.0.0.1');
    socket.write(
      `GET /port/app HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nOrigin: ${origin()}\r\nCookie: ${cookie}\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(Buffer.alloc(4096, 0xff));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await upgradeStatus('/port/app')).toBe(101);
  });
});

describe('a file that a browser sends', () => {
  const uploads = join(library, 'Uploads');
  const names = (): string[] => readdirSync(uploads).sort();

  it('is kept as it came, can be read by its id, and comes back', async () => {
    const sound = randomBytes(200_000);
    const { status, text } = await upload('Night Drive.wav', sound);
    expect(status).toBe(200);
    const file = JSON.parse(text) as FileRef;
    expect(file).toMatchObject({ name: 'Night Drive.wav', sizeBytes: 200_000 });
    expect(file.path).toBe(join(uploads, 'Night Drive.wav'));
    expect(readFileSync(file.path).equals(sound)).toBe(true);
    expect(services.pathOf(file.id)).toBe(file.path);

    const back = await ask(`/download?file=${file.id}`);
    expect(back.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="Night Drive.wav"; filename*=UTF-8''Night%20Drive.wav`,
    });
    expect(createHash('sha256').update(back.body).digest()).toEqual(
      createHash('sha256').update(sound).digest(),
    );
  });

  it('never takes the place of another', async () => {
    const files = await Promise.all(['1', '2', '3'].map((body) => upload('same.wav', body)));
    const paths = files.map(({ text }) => (JSON.parse(text) as FileRef).path);
    expect([...paths].sort()).toEqual(
      ['same (2).wav', 'same (3).wav', 'same.wav'].map((name) => join(uploads, name)),
    );
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['1', '2', '3']);
  });

  it.each([
    ['../../escape.wav', 'escape.wav'],
    ['C:\\Users\\me\\take.wav', 'take.wav'],
    ['a<b>:"c|?*.wav', 'a b c.wav'],
    ['.hidden.wav', 'hidden.wav'],
    ['Größe “neu”.flac', 'Größe “neu”.flac'],
    ['line\nbreak\0.mp3', 'line break.mp3'],
    ['con.wav', '_con.wav'],
  ])('called %j is called %j', async (wanted, kept) => {
    const { status, text } = await upload(wanted, 'x');
    expect([status, (JSON.parse(text) as FileRef).path]).toEqual([200, join(uploads, kept)]);
  });

  it.each(['', '.', '..', 'a.exe', 'a', 'a.wav/', '/', '.wav'])(
    'called %j is refused with one sentence',
    async (name) => {
      const before = names();
      const { status, text } = await upload(name, 'x');
      expect(status).toBe(415);
      expect(text).toMatch(/^“.*” is not a file that Voxfit opens; [^\n]*\.\n$/);
      expect(names()).toEqual(before);
    },
  );

  it('may be as large as the limit, and leaves nothing when it is larger', async () => {
    expect((await upload('limit.wav', Buffer.alloc(UPLOAD_LIMIT_BYTES))).status).toBe(200);
    const before = names();
    const announced = await upload('large.wav', Buffer.alloc(UPLOAD_LIMIT_BYTES + 1));
    const unannounced = await upload('large.wav', Buffer.alloc(UPLOAD_LIMIT_BYTES + 1), {
      'transfer-encoding': 'chunked',
    });
    for (const { status, text } of [announced, unannounced]) {
      expect(status).toBe(413);
      expect(text).toMatch(/^“large.wav” is larger than the 3 MB that a browser may send; [^\n]*\.\n$/);
    }
    expect(names()).toEqual(before);
  });

  it('leaves nothing when it breaks off', async () => {
    const before = names();
    const socket = connectSocket(host.port, '127.0.0.1');
    socket.write(
      `POST /upload?name=broken.wav HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nOrigin: ${origin()}\r\n` +
        `Cookie: ${cookie}\r\nContent-Length: 100000\r\n\r\n`,
    );
    socket.write(Buffer.alloc(50_000));
    while (names().length === before.length) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(names()).not.toContain('broken.wav');
    socket.destroy();
    while (names().length > before.length) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(names()).toEqual(before);
  });

  it('is refused with a sentence when it cannot be kept', async () => {
    const file = join(folder, 'no-folder');
    writeFileSync(file, '');
    const other = await AppServices.open({
      userFolder: join(folder, 'user'),
      libraryFolder: join(file, 'library'),
      demoFolder: folder,
      version: '1',
      onGrant: () => undefined,
    });
    const second = await startWebHost({
      port: 0,
      services: other,
      supervisor,
      rendererFolder: renderer,
      kernelsPath: renderer,
      handoverSecret: 's',
    });
    const link = new URL(second.url);
    const entered = await ask(link.pathname + link.search, {
      port: second.port,
      headers: { host: link.host },
    });
    const { status, text } = await ask('/upload?name=a.wav', {
      port: second.port,
      method: 'POST',
      body: 'x',
      headers: {
        host: link.host,
        origin: link.origin,
        cookie: entered.headers['set-cookie']![0]!.split(';')[0]!,
      },
    });
    await second.close();
    expect(status).toBe(500);
    expect(text).toMatch(/^The file cannot be kept in “.*” \(ENOTDIR\); choose another library folder\.\n$/);
  });
});

describe('a download', () => {
  it.each(['f-unknown', '', '../secret.txt', '__proto__'])('of %j is refused', async (id) => {
    const { status, text } = await ask(`/download?file=${encodeURIComponent(id)}`);
    expect([status, text]).toEqual([404, 'Voxfit does not know this file any more; open it again.\n']);
  });

  it('of a file that is gone is refused', async () => {
    const { id } = await services.grant(join(folder, 'never-was.wav'));
    expect((await ask(`/download?file=${id}`)).status).toBe(404);
  });

  it('has a name that no header can break', async () => {
    const path = join(folder, 'a "b" \n é%20.txt');
    writeFileSync(path, 'x');
    const { id } = await services.grant(path);
    const { headers } = await ask(`/download?file=${id}`);
    expect(headers['content-disposition']).toBe(
      `attachment; filename="a _b_ _ __20.txt"; filename*=UTF-8''a%20%22b%22%20%0A%20%C3%A9%2520.txt`,
    );
  });
});

describe('a handover', () => {
  const post = (body: string, headers: Record<string, string>): Promise<Answer> =>
    ask('/handover', { method: 'POST', body, headers: { cookie: '', ...headers } });

  it('is for whoever knows the secret, and for no page', async () => {
    expect((await post('{}', {})).status).toBe(403);
    expect((await post('{}', { authorization: 'Bearer wrong' })).status).toBe(403);
    expect((await post('{}', { authorization: 'Bearer the-secret' })).status).toBe(200);
    expect((await post('{}', { authorization: 'Bearer the-secret', origin: origin() })).status).toBe(403);
    expect((await post('{}', { authorization: 'Bearer the-secret', host: 'evil.example' })).status).toBe(403);
  });

  it('passes a session to the windows, and says whether there is one', async () => {
    const session = join(folder, 'one.voxfit');
    writeFileSync(session, '{}');
    const body = JSON.stringify({ session });
    const headers = { authorization: 'Bearer the-secret' };
    expect(JSON.parse((await post(body, headers)).text)).toMatchObject({ hasWindow: false });
    const socket = openSocket('/port/app');
    await opened(socket);
    const client = new Client(appContract, socketPort(socket));
    expect(await client.call('hello', {})).toMatchObject({ openAtStart: { name: 'one.voxfit' } });
    const requested = new Promise((resolve) => client.on('session.requested', resolve));
    expect(JSON.parse((await post(body, headers)).text)).toMatchObject({ hasWindow: true });
    expect(await requested).toMatchObject({ file: { name: 'one.voxfit' } });
    client.close();
  });

  it('of a session that is not there is refused with its sentence', async () => {
    const { status, text } = await post(JSON.stringify({ session: join(folder, 'none.voxfit') }), {
      authorization: 'Bearer the-secret',
    });
    expect(status).toBe(422);
    expect(text).toMatch(/none\.voxfit.*\.\n$/);
  });

  it.each([['{'], ['[]'], ['{"session":1}'], [`{"session":"${'a'.repeat(20_000)}"}`]])(
    'that says %.20s is refused',
    async (body) => {
      const { status } = await post(body, { authorization: 'Bearer the-secret' });
      expect(status).toBe(body.length > 20_000 ? 413 : 400);
    },
  );
});

describe('a window that reads slowly', () => {
  it('misses meters, and nothing else', async () => {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    const accepted = new Promise<WebSocket>((resolve) => server.on('connection', resolve));
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const window = new WebSocket(`ws://127.0.0.1:${port}`);
    await opened(window);
    const served = await accepted;
    const sender = socketPort(served);

    window.pause();
    const payload = new Float32Array(2500);
    const FRAMES = 3000;
    let largest = 0;
    for (let frame = 0; frame < FRAMES; frame++) {
      sender.send({ t: 'event', event: 'meters', payload });
      if (frame % 10 === 0) sender.send({ t: 'done', id: frame, output: null });
      await new Promise(setImmediate);
      largest = Math.max(largest, served.bufferedAmount);
    }
    sender.send({ t: 'event', event: 'notice', payload: { message: 'last' } });
    expect(largest).toBeLessThan(2 * 2 ** 20);

    const heard: { t: string; event?: string }[] = [];
    await new Promise<void>((resolve) => {
      window.on('message', (data: Buffer) => {
        const message = decodeMessage(data) as { t: string; event?: string };
        heard.push(message);
        if (message.event === 'notice') resolve();
      });
      window.resume();
    });
    const meters = heard.filter(({ event }) => event === 'meters').length;
    expect(meters).toBeGreaterThan(0);
    expect(meters).toBeLessThan(FRAMES);
    expect(heard.filter(({ t }) => t === 'done')).toHaveLength(FRAMES / 10);
    window.terminate();
    server.close();
  });
});

describe('starting and closing', () => {
  it('says so when the port is taken', async () => {
    await expect(
      startWebHost({
        port: host.port,
        services,
        supervisor,
        rendererFolder: renderer,
        kernelsPath: renderer,
        handoverSecret: 's',
      }),
    ).rejects.toThrow(`Port ${host.port} is used by another program; choose another with --port`);
  });

  it('ends connections and uploads, and leaves nothing of them', async () => {
    const second = await startWebHost({
      port: 0,
      services,
      supervisor,
      rendererFolder: renderer,
      kernelsPath: renderer,
      handoverSecret: 's',
    });
    const link = new URL(second.url);
    const entered = await ask(link.pathname + link.search, {
      port: second.port,
      headers: { host: link.host },
    });
    const own = entered.headers['set-cookie']![0]!.split(';')[0]!;
    const window = new WebSocket(`ws://${link.host}/port/app`, {
      headers: { cookie: own, origin: link.origin },
    });
    await opened(window);
    const uploads = services.uploadsFolder;
    const before = readdirSync(uploads).length;
    const broken = request({
      host: '127.0.0.1',
      port: second.port,
      path: '/upload?name=a.wav',
      method: 'POST',
      headers: { cookie: own, origin: link.origin, host: link.host },
    });
    broken.on('error', () => undefined);
    broken.write(Buffer.alloc(10_000));
    while (readdirSync(uploads).length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    const gone = closeCode(window);
    await second.close();
    await gone;
    expect(readdirSync(uploads).length).toBe(before);
    await expect(ask('/', { port: second.port })).rejects.toThrow('ECONNREFUSED');
  });
});
