/** The same flow in Electron's own window, and what its page may not do. Runs where Electron's program is installed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
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
const hasDisplay = process.platform !== 'linux' || Boolean(process.env['DISPLAY']);

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

test('a hidden window lends its GPU to a fit, and goes with it', async ({ electron: { app, page } }) => {
  await untilPlayable(page);
  await page
    .getByTestId('fit-backend')
    .getByRole('radio', { name: 'GPU', exact: true })
    .check({ force: true });
  const opened = app.waitForEvent('window');
  await page.getByTestId('fit-start').click();
  const hidden = await opened;
  await expect.poll(() => hidden.url()).toBe('app://voxfit/gpu/index.html');
  expect(await hidden.evaluate(() => ['require', 'process'].filter((name) => name in globalThis))).toEqual(
    [],
  );
  const visible = await app.evaluate(
    ({ BrowserWindow }) => BrowserWindow.getAllWindows().filter((window) => window.isVisible()).length,
  );
  expect(visible).toBe(1);
  // A GPU in software is allowed here, and takes its time; none at all is said.
  await expect(page.getByTestId('fit-use')).toHaveText(/^On the (graphics card “|processor .* GPU)/, {
    timeout: 150_000,
  });
  await page.getByTestId('fit-stop').click();
  await expect(page.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => app.windows().length).toBe(1);
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
