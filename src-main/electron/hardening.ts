/**
 * What the window may do, after Electron's own security checklist (electronjs.org/docs/latest/tutorial/security), by its
 * numbers:
 *
 *    1 secure content       only files of the program, through app:// ({@link mayRequest}); nothing from any network
 *    2 no Node integration  {@link WEB_PREFERENCES}
 *    3 context isolation    {@link WEB_PREFERENCES}
 *    4 sandbox              {@link WEB_PREFERENCES}; app.enableSandbox() for whatever else may come
 *    5 permissions          all denied, requests as well as checks ({@link hardenSession})
 *    6 webSecurity          {@link WEB_PREFERENCES}
 *    7 CSP                  content-security-policy.ts, sent with every answer of app://
 *    8 insecure content     {@link WEB_PREFERENCES}
 *    9 experimental         {@link WEB_PREFERENCES}
 *   10 enableBlinkFeatures  never given
 *   11 webview popups, 12 webview options   no webview at all ({@link hardenApp})
 *   13 navigation           of the window, to its own page only ({@link mayNavigate})
 *   14 new windows          none ({@link hardenApp})
 *   15 openExternal         never called
 *   16 current Electron     pinned in package.json
 *   17 senders              checked on every message ({@link isTrustedSender}); schemas on its contents
 *   18 no file://           app:// instead ({@link APP_SCHEME})
 *   19 fuses                set when the program is packaged
 *   20 no Electron API for the page   the window's preload script has two functions, that of GPU windows none (preload/)
 */
import type { App, Session, WebPreferences } from 'electron';

export const APP_SCHEME = 'app';
const APP_HOST = 'voxfit';
export const PAGE_URL = `${APP_SCHEME}://${APP_HOST}/`;
const GPU_FOLDER = '/gpu/';
/** Of the hidden window that lends its GPU. */
export const GPU_PAGE_URL = `${APP_SCHEME}://${APP_HOST}${GPU_FOLDER}index.html`;

/** As protocol.registerSchemesAsPrivileged wants it: an origin of its own, with modules, fetch and WebAssembly streaming. */
export const SCHEME_PRIVILEGES = {
  standard: true,
  secure: true,
  supportFetchAPI: true,
  codeCache: true,
} as const;

export const WEB_PREFERENCES = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  plugins: false,
  // Its dictionaries come from a network.
  spellcheck: false,
} as const satisfies WebPreferences;

/** Whether an address belongs to the program itself. */
export function isOwnAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host, username, password } = new URL(address);
  return protocol === `${APP_SCHEME}:` && host === APP_HOST && username === '' && password === '';
}

/** Whether an own address is that of a hidden GPU window. */
function isGpuAddress(address: string): boolean {
  return isOwnAddress(address) && new URL(address).pathname.startsWith(GPU_FOLDER);
}

/** Where a page may go by itself: the window to its own page, GPU windows and frames within pages nowhere. */
export function mayNavigate(from: string, address: string, isMainFrame: boolean): boolean {
  return isMainFrame && isOwnAddress(address) && !isGpuAddress(address) && !isGpuAddress(from);
}

/** What the window may fetch: its own files, and what it made itself. The developer tools are files of Electron's. */
export function mayRequest(address: string): boolean {
  if (/^(data|devtools):/.test(address)) return true;
  return isOwnAddress(address.startsWith('blob:') ? address.slice('blob:'.length) : address);
}

/** The part of Electron's WebFrameMain that tells who sent a message. */
export interface SenderFrame {
  readonly url: string;
  readonly parent: SenderFrame | null;
}

/** Whether a message comes from the window's page itself: no frame within it, no other page, no page that is gone. */
export function isTrustedSender(frame: SenderFrame | null): boolean {
  return frame?.parent === null && isOwnAddress(frame.url) && !isGpuAddress(frame.url);
}

/** For every page that is ever made, windows of ours and others alike. Call before the app is ready. */
export function hardenApp(app: App): void {
  app.enableSandbox();
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-frame-navigate', (event) => {
      if (!mayNavigate(contents.getURL(), event.url, event.isMainFrame)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!mayNavigate(contents.getURL(), event.url, event.isMainFrame)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
    });
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** For the session that all pages share. */
export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => {
    answer(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !mayRequest(url) });
  });
  session.on('will-download', (event) => {
    event.preventDefault();
  });
}
