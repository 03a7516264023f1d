/** The built program as a user starts it: `voxfit serve` and `npm start`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { appContract } from '#core/protocol/app.ts';
import { audioContract } from '#core/protocol/audio.ts';
import { Client, type Contract } from '#core/protocol/contract.ts';
import { engineContract } from '#core/protocol/engine.ts';
import { socketPort } from './socket-port.ts';
import { USUAL_PORT } from './serve.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(root, 'bin', 'voxfit.js');
const START = join(root, 'dist', 'start.js');
const LINK = /^Voxfit runs at (http:\/\/127\.0\.0\.1:(\d+)\/\?key=[\w-]{43})$/;

const folder = mkdtempSync(join(tmpdir(), 'voxfit-serve-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** The link that it prints; rejects when it ends without one. */
  readonly url: Promise<URL>;
}

function start(program: string, args: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  const [out, err]: [string[], string[]] = [[], []];
  const url = new Promise<URL>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      out.push(line);
      const link = LINK.exec(line)?.[1];
      if (link) resolve(new URL(link));
    });
    createInterface({ input: child.stderr }).on('line', (line) => err.push(line));
    child.on('close', () => {
      reject(new Error(err.join('\n')));
    });
  });
  url.catch(() => undefined);
  const outcome = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, stdout: out.join('\n'), stderr: err.join('\n') });
    });
  });
  return { child, outcome, url };
}

const foldersOf = (name: string): string[] => [
  '--user-folder',
  join(folder, name, 'user'),
  '--library',
  join(folder, name, 'library'),
];
const serve = (name: string, ...args: string[]): Started =>
  start(PROGRAM, ['serve', '--no-open', ...foldersOf(name), ...args]);

/** A browser that has opened a link. */
async function enter(
  url: URL,
): Promise<{ cookie: string; port: <C extends Contract>(contract: C) => Promise<Client<C>> }> {
  const answer = await fetch(url, { redirect: 'manual' });
  expect(answer.status).toBe(303);
  const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!;
  return {
    cookie,
    port: async (contract) => {
      const socket = new WebSocket(`ws://${url.host}/port/${contract.name}`, {
        headers: { cookie, origin: url.origin },
      });
      await new Promise((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
      return new Client(contract, socketPort(socket));
    },
  };
}

describe('voxfit serve', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('prints one link and ends cleanly at %s', async (signal) => {
    const { child, outcome, url } = serve(signal, '--port', '0');
    await url;
    child.kill(signal);
    const { code, stdout, stderr } = await outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(LINK);
    expect(existsSync(join(folder, signal, 'user', 'voxfit.lock'))).toBe(false);
  });

  it('joins a browser to the app, the engine and the audio process, and ends them with itself', async () => {
    const { child, outcome, url } = serve('ports', '--port', '0');
    const browser = await enter(await url);
    const app = await browser.port(appContract);
    expect((await app.call('hello', {})).libraryPath).toBe(join(folder, 'ports', 'library'));
    const engine = await browser.port(engineContract);
    expect(await engine.call('cancel', { job: 'none' })).toEqual({});
    const audio = await browser.port(audioContract);
    expect((await audio.call('state', {})).sink).toBe('none');
    const page = await fetch(new URL('/', await url), { headers: { cookie: browser.cookie } });
    expect(await page.text()).toContain('<title>Voxfit</title>');
    const kernels = await fetch(new URL('/kernels.wasm', await url), { headers: { cookie: browser.cookie } });
    await WebAssembly.compile(await kernels.arrayBuffer());

    const gone = new Promise<void>((resolve) => {
      engine.onClose(resolve);
    });
    child.kill('SIGTERM');
    await gone;
    expect((await outcome).code).toBe(0);
  });

  it('keeps its lock from other users', async () => {
    const { url } = serve('private', '--port', '0');
    await url;
    const { mode } = statSync(join(folder, 'private', 'user', 'voxfit.lock'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('takes another port when its usual one is taken, but not when the user chose it', async () => {
    const other = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      other.once('error', () => {
        resolve(false);
      });
      other.listen(USUAL_PORT, '127.0.0.1', () => {
        resolve(true);
      });
    });
    const { url } = serve('any-port');
    expect((await url).port).not.toBe(String(USUAL_PORT));
    const chosen = serve('chosen-port', '--port', String(USUAL_PORT));
    const { code, stdout, stderr } = await chosen.outcome;
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(
      `voxfit: Port ${USUAL_PORT} is used by another program; choose another with --port, or leave it out.`,
    );
    if (isFree) await new Promise((resolve) => other.close(resolve));
  });

  it('says what is wrong with its user folder', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { outcome } = start(PROGRAM, ['serve', '--no-open', '--user-folder', join(file, 'user')]);
    const { code, stderr } = await outcome;
    expect(code).toBe(3);
    expect(stderr).toBe(
      `voxfit: The user folder “${join(file, 'user')}” cannot be used (ENOTDIR); choose another with --user-folder.`,
    );
  });

  it('opens the session that it is given', async () => {
    const session = join(folder, 'given.voxfit');
    writeFileSync(session, '{}');
    const { url } = serve('session', '--port', '0', session);
    const app = await (await enter(await url)).port(appContract);
    expect((await app.call('hello', {})).openAtStart).toMatchObject({ name: 'given.voxfit' });
  });
});

describe('a second start', () => {
  it('hands over to the first: a fresh link, and the session', async () => {
    const first = serve('second', '--port', '0');
    const app = await (await enter(await first.url)).port(appContract);
    await app.call('hello', {});
    const requested = new Promise((resolve) => app.on('session.requested', resolve));
    const session = join(folder, 'second.voxfit');
    writeFileSync(session, '{}');
    const second = serve('second', session);
    const { code, stdout, stderr } = await second.outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(LINK);
    const [one, two] = [await first.url, await second.url];
    expect(two.origin).toBe(one.origin);
    expect(two.search).not.toBe(one.search);
    await enter(two);
    expect(await requested).toMatchObject({ file: { name: 'second.voxfit' } });
    expect(first.child.exitCode).toBe(null);
  });

  it('says what is wrong with its session', async () => {
    const first = serve('wrong', '--port', '0');
    await first.url;
    const { code, stdout, stderr } = await serve('wrong', join(folder, 'none.voxfit')).outcome;
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^voxfit: .*none\.voxfit[^\n]*\.$/);
  });

  it('of several at once leaves one that runs', async () => {
    const all = Array.from({ length: 4 }, () => serve('race', '--port', '0'));
    const origins = new Set((await Promise.all(all.map(({ url }) => url))).map(({ origin }) => origin));
    expect(origins.size).toBe(1);
    const ended = all.filter(({ child }) => child.exitCode !== null);
    await Promise.all(ended.map(async ({ outcome }) => expect((await outcome).code).toBe(0)));
  });

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1, port: 1, secret: 's' }],
    ['a process that never came to a port', { pid: 2 ** 22 + 1, port: 0, secret: 's' }],
    ['a port that nobody listens at', { pid: process.pid, port: 1, secret: 's' }],
    ['garbage', 'garbage'],
  ])('is a first one after a lock of %s', async (name, lock) => {
    mkdirSync(join(folder, name, 'user'), { recursive: true });
    writeFileSync(join(folder, name, 'user', 'voxfit.lock'), JSON.stringify(lock));
    const { child, outcome, url } = serve(name, '--port', '0');
    await enter(await url);
    child.kill('SIGTERM');
    expect((await outcome).code).toBe(0);
  });

  it('is a first one when another program has taken the port of the lock', async () => {
    const asked: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      asked.push(request.url);
      response.end('{"key":1}');
    });
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    mkdirSync(join(folder, 'taken', 'user'), { recursive: true });
    const lock = { pid: process.pid, port, secret: 's' };
    writeFileSync(join(folder, 'taken', 'user', 'voxfit.lock'), JSON.stringify(lock));
    const { url } = serve('taken', '--port', '0');
    expect((await url).port).not.toBe(String(port));
    expect(asked).toEqual(['/handover']);
    other.close();
  });

  it('is a first one after a crash, whose children are gone', async () => {
    const first = serve('crash', '--port', '0');
    await (await enter(await first.url)).port(appContract);
    const children = childrenOf(first.child.pid!);
    first.child.kill('SIGKILL');
    await first.outcome;
    const second = serve('crash', '--port', '0');
    await enter(await second.url);
    while (children.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

/** Linux only, as are the machines that run this; elsewhere there are none to be seen. */
function childrenOf(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  return existsSync(list) ? readFileSync(list, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number) : [];
}

function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  // Z: it has ended, and nobody has asked how.
  return existsSync(path) && !/\) Z /.test(readFileSync(path, 'utf8'));
}

describe('npm start', () => {
  it('opens in the browser where Electron cannot run, and says so', async () => {
    const { child, outcome, url } = start(START, ['--no-open', '--port', '0', ...foldersOf('start')], {
      DISPLAY: '',
      WAYLAND_DISPLAY: '',
    });
    await enter(await url);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await outcome;
    expect(code).toBe(0);
    expect(stdout).toMatch(LINK);
    expect(stderr).toBe('Electron’s program is not available here, so Voxfit opens in your browser.');
  });

  it('goes to the browser straight away on request, with folders from the environment', async () => {
    const { child, outcome, url } = start(START, ['--no-open', '--port', '0'], {
      VOXFIT_HOST: 'web',
      VOXFIT_USER_FOLDER: join(folder, 'env', 'user'),
      VOXFIT_LIBRARY: join(folder, 'env', 'library'),
    });
    const app = await (await enter(await url)).port(appContract);
    expect((await app.call('hello', {})).libraryPath).toBe(join(folder, 'env', 'library'));
    child.kill('SIGTERM');
    expect((await outcome).stderr).toBe('');
  });

  it('says what is wrong with its arguments', async () => {
    const { code, stderr } = await start(START, ['--prot', '1']).outcome;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^voxfit: --prot is not an option of “voxfit serve”. Did you mean --port\?/);
  });
});
