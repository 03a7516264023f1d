/** The window: how it looks before its page is there, where it opens, and what happens when its page crashes. */
import { app, BrowserWindow, dialog, screen } from 'electron';
import { UserError } from '#core/errors.ts';
import { PAGE_URL, WEB_PREFERENCES } from './hardening.ts';
import { SMALLEST, windowBounds, windowPlaceFile } from './window-place.ts';

/** As the page's own, so that nothing flashes. */
const BACKGROUND = '#14161a';
const CRASHES_WINDOW_MS = 60_000;
const MOST_CRASHES = 3;

export interface WindowOptions {
  readonly userFolder: string;
  /** preload/window.cjs among the built files. */
  readonly preloadPath: string;
  /** Told of what is still being written when the window closes. */
  onLastWrite(written: Promise<void>): void;
}

export async function openWindow({
  userFolder,
  preloadPath,
  onLastWrite,
}: WindowOptions): Promise<BrowserWindow> {
  const placeFile = windowPlaceFile(userFolder);
  const { value: place } = await placeFile.read();
  const workAreas = screen.getAllDisplays().map(({ workArea }) => workArea);
  const window = new BrowserWindow({
    ...windowBounds(place.bounds, workAreas),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    title: 'Voxfit',
    backgroundColor: BACKGROUND,
    show: false,
    webPreferences: {
      ...WEB_PREFERENCES,
      preload: preloadPath,
      // The Play button is in the window and in the menu; a click in the menu is no gesture to the page.
      autoplayPolicy: 'no-user-gesture-required',
      // Meters and playback go on while another window is in front.
      backgroundThrottling: false,
    },
  });
  window.once('ready-to-show', () => {
    if (place.isMaximised) window.maximize();
    window.show();
  });
  window.on('close', () => {
    const now = { bounds: window.getNormalBounds(), isMaximised: window.isMaximized() };
    const written = placeFile.write(now).catch((error: unknown) => {
      // The next window opens somewhere else; that is all.
      if (!(error instanceof UserError)) throw error;
    });
    onLastWrite(written);
  });
  // Unsaved work is kept for the next start; nothing needs to hold the window up.
  window.webContents.on('will-prevent-unload', (event) => {
    event.preventDefault();
  });
  bringBackAfterCrash(window);
  await window.loadURL(PAGE_URL);
  return window;
}

/** A page that crashed is loaded again and offers what it had kept; one that keeps crashing is given up. */
function bringBackAfterCrash(window: BrowserWindow): void {
  let crashes: number[] = [];
  window.webContents.on('render-process-gone', (_, { reason }) => {
    if (reason === 'clean-exit') return;
    const now = performance.now();
    crashes = [...crashes.filter((time) => now - time < CRASHES_WINDOW_MS), now];
    if (crashes.length <= MOST_CRASHES) {
      window.webContents.reload();
      return;
    }
    dialog.showErrorBox(
      'Voxfit',
      'The window of Voxfit keeps crashing; start Voxfit again to go on with what was kept of your session.',
    );
    app.quit();
  });
  window.webContents.on('unresponsive', () => {
    const question = dialog.showMessageBox(window, {
      type: 'warning',
      message: 'The window of Voxfit does not respond.',
      detail: 'Loading it again offers what was kept of your session.',
      buttons: ['Wait', 'Load again'],
      defaultId: 0,
      cancelId: 0,
    });
    void question.then(({ response }) => {
      if (response === 1) window.webContents.forcefullyCrashRenderer();
    });
  });
}
