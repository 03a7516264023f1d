/** Electron's main process: one instance, one window, the services, and the two children. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, dialog, Menu, protocol, session, type BrowserWindow } from 'electron';
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };
import { childSpecs } from './children/specs.ts';
import { Supervisor } from './children/supervisor.ts';
import { nativeDialogs } from './electron/dialogs.ts';
import { allowGpu, closeGpuWindows, lendGpu } from './electron/gpu-window.ts';
import { APP_SCHEME, hardenApp, hardenSession, SCHEME_PRIVILEGES } from './electron/hardening.ts';
import { menuTemplate } from './electron/menu.ts';
import { answerPage } from './electron/page.ts';
import { brokerPorts } from './electron/ports.ts';
import { sessionOf } from './electron/start-arguments.ts';
import { forkUtility } from './electron/utility-child.ts';
import { openWindow } from './electron/window.ts';
import * as folders from './folders.ts';
import { programFolder } from './program-files.ts';
import { AppServices } from './services/index.ts';

/** How long a window that was closed may take to hand over its last words. */
const LAST_WORDS_MS = 2000;

/** What a second start says to the first. */
const handoverSchema = z.object({ session: z.string().optional() });

const userFolder = folders.userFolder(undefined);
const libraryFolder = folders.libraryFolder(undefined);
const built = (path: string): string => join(programFolder(), path);

/** The window, while there is one. */
let window: BrowserWindow | undefined;
let services: AppServices | undefined;
/** Of macOS: sessions that were opened before the services were there. */
let requestedEarly: string | undefined;

function showProblem(error: unknown): void {
  dialog.showErrorBox('Voxfit', error instanceof Error ? error.message : String(error));
}

function requestSession(path: string): void {
  if (services) services.requestSession(path).catch(showProblem);
  else requestedEarly = path;
}

function showWindow(): void {
  if (window?.isMinimized()) window.restore();
  window?.focus();
}

async function start(): Promise<void> {
  await app.whenReady();
  hardenSession(session.defaultSession);
  const files = { rendererFolder: built('out/renderer'), kernelsPath: built('dist/kernels.wasm') };
  protocol.handle(APP_SCHEME, (request) => answerPage(request, files));

  const openAtStart = requestedEarly ?? sessionOf(process.argv, process.cwd());
  const opened = await AppServices.open({
    userFolder,
    libraryFolder,
    demoFolder: built('resources/demo'),
    version: manifest.version,
    dialogs: nativeDialogs(() => window!, libraryFolder),
    ...(openAtStart === undefined ? {} : { openAtStart }),
    onGrant: (file, path) => {
      supervisor.grant(file, path);
    },
  });
  services = opened;
  const supervisor = new Supervisor(
    childSpecs(opened.cacheFolder, forkUtility),
    (child, state, message) => {
      opened.childChanged(child, state, message);
    },
    () => lendGpu(built('out/preload/gpu.cjs')),
  );
  const connectionsEnded = brokerPorts(opened, supervisor);
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate(process.platform, (command) => {
        opened.command(command);
      }),
    ),
  );

  app.on('window-all-closed', () => {
    app.quit();
  });
  let lastWrite: Promise<void> | undefined;
  let isEnding = false;
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (isEnding) return;
    isEnding = true;
    const patience = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
    void Promise.race([connectionsEnded(), patience])
      .then(() => Promise.all([opened.settled(), lastWrite, supervisor.close()]))
      .catch(console.error)
      .finally(() => {
        app.exit();
      });
  });

  window = await openWindow({
    userFolder,
    preloadPath: built('out/preload/window.cjs'),
    onLastWrite: (written) => {
      lastWrite = written;
    },
  });
  window.once('closed', closeGpuWindows);
}

app.setName('Voxfit');
try {
  // What Chromium keeps stays apart from our own; file systems that ignore case would mix up Cache and cache.
  const browserFolder = join(userFolder, 'browser');
  mkdirSync(browserFolder, { recursive: true });
  app.setPath('userData', userFolder);
  app.setPath('sessionData', browserFolder);
} catch (error) {
  // A user folder that cannot be used is told by the services; Chromium has a place of its own then.
  console.error(error);
}
hardenApp(app);
allowGpu();
protocol.registerSchemesAsPrivileged([{ scheme: APP_SCHEME, privileges: SCHEME_PRIVILEGES }]);

const ownSession = sessionOf(process.argv, process.cwd());
if (app.requestSingleInstanceLock(ownSession === undefined ? {} : { session: ownSession })) {
  app.on('second-instance', (_event, _argv, _folder, data) => {
    const handover = handoverSchema.safeParse(data);
    if (handover.data?.session !== undefined) requestSession(handover.data.session);
    showWindow();
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    requestSession(path);
    showWindow();
  });
  start().catch((error: unknown) => {
    showProblem(error);
    app.exit(1);
  });
} else app.quit();
