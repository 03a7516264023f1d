/**
 * `npm start`: Voxfit in its own window, or in the browser where Electron's program cannot be had or cannot run.
 * VOXFIT_HOST=web goes to the browser straight away.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asksForHelp } from '../src-worker/host/cli/arguments.ts';
import { parseServeArguments, type ServeArguments } from '../src-worker/host/cli/serve.ts';
import { programFolder } from './program-files.ts';

const FETCH_LIMIT_MS = 60_000;
/** A window that was open for longer has not failed to open. */
const OPENING_MS = 10_000;

const electronFolder = join(programFolder(), 'node_modules', 'electron');

/** Electron's program, if it is there; found as its own package finds it. */
function electronProgram(): string | undefined {
  const pathFile = join(electronFolder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron';
  const program = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(electronFolder, 'dist'), name);
  return existsSync(program) ? program : undefined;
}

/** Whether a window can be opened at all: Chromium refuses to run as root, and needs a display. */
function canOpenWindow(): boolean {
  if (process.platform !== 'linux') return true;
  const hasDisplay = ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name]);
  return hasDisplay && process.getuid?.() !== 0;
}

/** Fetches Electron's program, which its package does not bring along. */
function fetchElectron(): void {
  const installer = join(electronFolder, 'install.js');
  if (!existsSync(installer)) return;
  process.stderr.write('Fetching Electron’s program (about 100 MB, only once) …\n');
  spawnSync(process.execPath, [installer], {
    stdio: 'ignore',
    timeout: FETCH_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
}

/** Runs Electron to its end. Answers its exit code; undefined when it failed to open a window. */
async function runElectron(
  program: string,
  { session, userFolder, libraryFolder }: ServeArguments,
): Promise<number | undefined> {
  const start = performance.now();
  const electron = spawn(program, [programFolder(), ...(session === undefined ? [] : [resolve(session)])], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...(userFolder === undefined ? {} : { VOXFIT_USER_FOLDER: resolve(userFolder) }),
      ...(libraryFolder === undefined ? {} : { VOXFIT_LIBRARY: resolve(libraryFolder) }),
    },
  });
  const passOn = (signal: NodeJS.Signals): void => {
    electron.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, passOn);
  const code = await new Promise<number | null>((resolveCode) => {
    electron.on('error', () => {
      resolveCode(1);
    });
    electron.on('exit', resolveCode);
  });
  for (const signal of signals) process.off(signal, passOn);
  if (code !== 0 && performance.now() - start < OPENING_MS) return undefined;
  return code ?? 1;
}

/** Answers the exit code; undefined where the browser has to do. */
async function openInWindow(argv: readonly string[]): Promise<number | undefined> {
  if (process.env['VOXFIT_HOST'] === 'web' || asksForHelp(argv)) return undefined;
  let wanted: ServeArguments;
  try {
    wanted = parseServeArguments(argv);
  } catch {
    // `voxfit serve` says what is wrong with them.
    return undefined;
  }
  if (canOpenWindow()) {
    if (electronProgram() === undefined) fetchElectron();
    const program = electronProgram();
    const code = program === undefined ? undefined : await runElectron(program, wanted);
    if (code !== undefined) return code;
  }
  process.stderr.write('Electron’s program is not available here, so Voxfit opens in your browser.\n');
  return undefined;
}

const argv = process.argv.slice(2);
const code = await openInWindow(argv);
if (code === undefined) {
  process.argv.splice(2, Infinity, 'serve', ...argv);
  await import('../src-worker/host/cli/index.ts');
} else process.exitCode = code;
