/** The same flow in Electron's own window, and what its page may not do. Runs where Electron's program is installed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import type { BrowserWindow } from 'electron';
import { mainFlow } from './support/flow.ts';
import { expect, test as base, untilPlayable } from './support/fixtures.ts';

const program = fileURLToPath(new URL('..', import.meta.url));
const electronFolder = join(program, 'node_modules', 'electron');
const pathFile = join(electronFolder, 'path.txt');
const binary = existsSync(pathFile)
  ? join(
      process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(electronFolder, 'dist'),
      readFileSync(pathFile, 'utf8').trim(),
    )
  : undefined;
const hasDisplay =
  process.platform !== 'linux' || ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name]);

interface Running {
  readonly app: ElectronApplication;
  readonly page: Page;
}

const test = base.extend<{ electron: Running }>({
  electron: async ({ folders, card }, use) => {
    const app = await _electron.launch({
      executablePath: binary!,
      // Chromium has no sandbox for root.
      args: [program, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
      env: {
        ...(process.env as Record<string, string>),
        ...card.env,
        VOXFIT_USER_FOLDER: folders.user,
        VOXFIT_LIBRARY: folders.library,
      },
    });
    const page = await app.firstWindow();
    await expect(page.locator('[data-ready=true]')).toBeVisible();
    await use({ app, page });
    await app.close();
  },
});

const GPU_PAGE = 'app://voxfit/gpu/index.html';
// A GPU in software is allowed here, and takes its time.
const GPU_TEST_MS = 600_000;
const CHOICE_MS = 300_000;
const ON_GPU = /^On the GPU “.+”\./;
const WITHOUT_GPU = /^On the processor \(\d+ threads?\)\. No GPU that WebGPU can use was found\.$/;
const ON_GPU_OR_WITHOUT = new RegExp(`${ON_GPU.source}|${WITHOUT_GPU.source}`);
const AFTER_GPU = /^On the processor \(\d+ threads?\)\. The window that computes on the GPU has gone\.$/;

/** Starts a fit that is to run on the GPU. Answers the page of the hidden window, which goes soon where there is no GPU. */
async function startOnGpu({ app, page }: Running): Promise<Page> {
  await untilPlayable(page);
  await page
    .getByTestId('fit-backend')
    .getByRole('radio', { name: 'GPU', exact: true })
    .check({ force: true });
  const opened = app.waitForEvent('window');
  await page.getByTestId('fit-start').click();
  const hidden = await opened;
  await expect.poll(() => hidden.url()).toBe(GPU_PAGE);
  return hidden;
}

/** Waits for a fit to run on the GPU; skips the test where there is none. */
async function untilOnGpu(page: Page): Promise<void> {
  const use = page.getByTestId('fit-use');
  await expect(use).toHaveText(ON_GPU_OR_WITHOUT, { timeout: CHOICE_MS });
  test.skip(WITHOUT_GPU.test(await use.innerText()), 'Electron reaches no GPU here');
}

test.skip(!binary || !existsSync(binary), "Electron's binary is not installed");
test.skip(!hasDisplay, 'there is no display for Electron’s window');

test('a new user plays, fits, edits and undoes in Electron’s window', async ({ electron }) => {
  await mainFlow(electron.page);
});

test('the page has nothing of Node and Electron but its two functions', async ({ electron: { page } }) => {
  const found = await page.evaluate(() => {
    const all = globalThis as unknown as Record<string, unknown>;
    return {
      node: ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer'].filter(
        (name) => name in all,
      ),
      bridge: Object.keys(all['voxfit'] as object).sort(),
      origin: location.origin,
    };
  });
  expect(found).toEqual({ node: [], bridge: ['pathOf', 'requestPort'], origin: 'app://voxfit' });
});

test('the page gets no port but its three', async ({ electron: { page } }) => {
  const answer = await page.evaluate(() => {
    const { voxfit } = globalThis as unknown as {
      voxfit: { requestPort(name: unknown, id: unknown): Promise<void> };
    };
    const refused = (name: unknown, id: unknown): Promise<boolean> =>
      voxfit.requestPort(name, id).then(
        () => false,
        () => true,
      );
    return Promise.all([refused('main', 1), refused('app', 'x'), refused({ name: 'app' }, 1)]);
  });
  expect(answer).toEqual([true, true, true]);
});

test('a hidden window lends its GPU to a fit, and goes with it', async ({ electron }) => {
  test.setTimeout(GPU_TEST_MS);
  const { app, page } = electron;
  await startOnGpu(electron);
  await expect(page.getByTestId('fit-use')).toHaveText(ON_GPU_OR_WITHOUT, { timeout: CHOICE_MS });
  await page.getByTestId('fit-stop').click();
  await expect(page.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => app.windows().length).toBe(1);
});

test('the page that lends its GPU has nothing of Node, Electron and Voxfit, and goes nowhere', async ({
  electron,
}) => {
  test.setTimeout(GPU_TEST_MS);
  const { app, page } = electron;
  const hidden = await startOnGpu(electron);
  await untilOnGpu(page);
  const names = ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer', 'voxfit'];
  expect(await hidden.evaluate((all) => all.filter((name) => name in globalThis), names)).toEqual([]);
  const visible = await app.evaluate(
    ({ BrowserWindow }) => BrowserWindow.getAllWindows().filter((window) => window.isVisible()).length,
  );
  expect(visible).toBe(1);
  for (const address of ['app://voxfit/', 'https://example.com/']) {
    await hidden.evaluate((target) => {
      location.href = target;
    }, address);
    // A navigation that is let through has begun by the time the page answers again.
    await hidden.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    expect(hidden.url()).toBe(GPU_PAGE);
  }
});

const ENDS: readonly [string, (window: BrowserWindow) => void][] = [
  [
    'crashes',
    (window) => {
      window.webContents.forcefullyCrashRenderer();
    },
  ],
  [
    'is destroyed',
    (window) => {
      window.destroy();
    },
  ],
];
for (const [name, end] of ENDS)
  test(`a fit goes on when the hidden window that lends its GPU ${name}`, async ({ electron }) => {
    test.setTimeout(GPU_TEST_MS);
    const { app, page } = electron;
    const hidden = await startOnGpu(electron);
    await untilOnGpu(page);
    const window = await app.browserWindow(hidden);
    await window.evaluate(end);
    await expect.poll(() => app.windows().length).toBe(1);
    // Told with the next step of the fit.
    await expect(page.getByTestId('fit-use')).toHaveText(AFTER_GPU, { timeout: 60_000 });
    await page.getByTestId('fit-stop').click();
    await expect(page.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
  });

test('Vulkan is asked for on X11 alone', async ({ electron: { app } }) => {
  test.skip(process.platform !== 'linux', 'only Linux has a choice');
  const { platform, features } = await app.evaluate(({ app: { commandLine } }) => ({
    platform: commandLine.getSwitchValue('ozone-platform'),
    features: commandLine.getSwitchValue('enable-features').split(','),
  }));
  expect(['x11', 'wayland']).toContain(platform);
  expect(features.includes('Vulkan')).toBe(platform === 'x11');
});

test('the page goes nowhere else', async ({ electron: { page } }) => {
  const home = page.url();
  for (const address of ['https://example.com/', 'file:///etc/passwd', 'data:text/html,x', 'app://evil/']) {
    await page.evaluate((target) => {
      location.href = target;
    }, address);
    // A navigation that is let through has begun by the time the page answers again.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    expect(page.url()).toBe(home);
    await expect(page.locator('[data-ready=true]')).toBeVisible();
  }
});

test('the page opens no window, no frame and no connection', async ({ electron: { app, page } }) => {
  expect(await page.evaluate(() => window.open('https://example.com/') === null)).toBe(true);
  expect(await page.evaluate(() => window.open('app://voxfit/') === null)).toBe(true);
  expect(app.windows()).toHaveLength(1);
  const reached = await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = 'https://example.com/';
    document.body.append(frame);
    const isFetched = await fetch('https://example.com/').then(
      () => true,
      () => false,
    );
    frame.remove();
    return isFetched;
  });
  expect(reached).toBe(false);
});

test('the page runs no inline script and no eval', async ({ electron: { page } }) => {
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.wasInlineRun = true';
    document.head.append(script);
    const link = document.createElement('script');
    link.src = 'data:text/javascript,globalThis.wasDataRun = true';
    document.head.append(link);
    await new Promise((resolve) => {
      link.onerror = link.onload = resolve;
    });
    return ['wasInlineRun', 'wasDataRun'].filter((name) => name in globalThis);
  });
  expect(ran).toEqual([]);
});

test('the page is granted nothing', async ({ electron: { page } }) => {
  const answers = await page.evaluate(async () => {
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true }).then(
      () => 'granted',
      () => 'denied',
    );
    const states = await Promise.all(
      (['geolocation', 'notifications', 'microphone', 'camera'] as PermissionName[]).map(
        async (name) => (await navigator.permissions.query({ name })).state,
      ),
    );
    return [microphone, ...states, await Notification.requestPermission()];
  });
  expect(answers).not.toContain('granted');
});

test('a page that crashes comes back and offers the work', async ({ electron: { app, page } }) => {
  await page.getByTestId('menu').click();
  await page.getByTestId('menu-session.new').click();
  await expect(page.getByTestId('session-name')).toHaveText('Untitled');
  await page.getByTestId('slot-B').check({ force: true });
  // Changes are kept within two seconds.
  await page.waitForTimeout(3000);
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer();
  });
  await expect
    .poll(() =>
      app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(
          "document.querySelector('dialog[open]')?.textContent ?? ''",
        ),
      ),
    )
    .toMatch(/Untitled/);
});

test('a second start hands its session over to the first', async ({ electron: { app }, folders }) => {
  const requested = app.evaluate(
    ({ app: main }) =>
      new Promise((resolve) => {
        main.once('second-instance', (_event, _argv, _folder, data) => {
          resolve(data);
        });
      }),
  );
  const session = join(folders.library, 'other.voxfit');
  const second = _electron.launch({
    executablePath: binary!,
    args: [program, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), session],
    env: {
      ...(process.env as Record<string, string>),
      VOXFIT_USER_FOLDER: folders.user,
      VOXFIT_LIBRARY: folders.library,
    },
  });
  expect(await requested).toEqual({ session });
  // It ends by itself, perhaps before it could be attached to.
  await second.then(
    (other) => other.close().catch(() => undefined),
    () => undefined,
  );
});
