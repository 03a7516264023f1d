import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '#audio/temporary-folder.ts';
import { PAGE_URL } from './hardening.ts';
import { answerPage } from './page.ts';

const folder = temporaryFolder();
const rendererFolder = join(folder.path, 'renderer');
mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
folder.file('renderer/index.html', '<title>Voxfit</title>');
folder.file('renderer/assets/main.js', '1');
symlinkSync(folder.file('secret.txt', 'secret'), join(rendererFolder, 'link.txt'));
const files = { rendererFolder, kernelsPath: folder.file('kernels.wasm', new Uint8Array([0, 97, 115, 109])) };

/** Requests as Chromium makes them, and as it would never make them. */
const answer = (path: string, init?: RequestInit): Promise<Response> =>
  answerPage(new Request(`${PAGE_URL}${path}`, init), files);

describe('app://', () => {
  test.each([
    ['', 'text/html; charset=utf-8', '<title>Voxfit</title>'],
    ['index.html', 'text/html; charset=utf-8', '<title>Voxfit</title>'],
    ['assets/main.js?v=1', 'text/javascript; charset=utf-8', '1'],
    ['kernels.wasm', 'application/wasm', '\0asm'],
  ])('hands out %j', async (path, type, text) => {
    const response = await answer(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(type);
    expect(await response.text()).toBe(text);
  });

  test.each(['', 'kernels.wasm', 'nothing-here'])('allows %j no foreign or inline script', async (path) => {
    const policy = (await answer(path)).headers.get('Content-Security-Policy');
    expect(policy).toBe(
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  test.each([
    'nothing-here',
    'assets',
    'assets/',
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    '..%5csecret.txt',
    'link.txt',
    'index.html%00',
    '%ff',
    '/etc/passwd',
  ])('hands out nothing at %j', async (path) => {
    const response = await answer(path);
    expect([400, 404]).toContain(response.status);
    expect(await response.text()).not.toContain('secret');
  });

  test('is for reading only', async () => {
    expect((await answer('', { method: 'POST', body: 'x' })).status).toBe(405);
  });
});
