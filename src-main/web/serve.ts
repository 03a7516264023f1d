/** Voxfit in a browser, from start to end: one instance, its services, its children, its web host. */
import { join } from 'node:path';
import { UserError } from '#core/errors.ts';
import manifest from '../../package.json' with { type: 'json' };
import { forkChild } from '../children/forked-child.ts';
import { childSpecs } from '../children/specs.ts';
import { Supervisor } from '../children/supervisor.ts';
import { programFolder } from '../program-files.ts';
import { AppServices } from '../services/index.ts';
import { openInBrowser } from './browser.ts';
import { becomeFirstOrHandOver, type FirstInstance } from './instance.ts';
import { startWebHost, type WebHost, type WebHostOptions } from './web-host.ts';

/**
 * The same at every start, because browsers keep what they know about a page (zoom, permission to play sound, stored
 * choices) by its port. Below the range from which systems take ports for outgoing connections, and nobody's so far.
 */
export const USUAL_PORT = 17_480;

export interface ServeOptions {
  /** Absent: the usual one, or any that is free. */
  readonly port?: number;
  readonly opensBrowser: boolean;
  /** Absolute. */
  readonly userFolder: string;
  readonly libraryFolder: string;
  /** Absolute path of a session to open. */
  readonly session?: string;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/**
 * Runs until the signal, or hands over to a Voxfit that runs already.
 * Throws UserError for a port, user folder or session that cannot be used.
 */
export async function serveInBrowser(options: ServeOptions): Promise<void> {
  const instance = await becomeFirstOrHandOver(options.userFolder, options.session);
  if (instance.isFirst) {
    try {
      await serveAsFirst(instance, options);
    } finally {
      await instance.release();
    }
    return;
  }
  announce(instance.url);
  // A second window would only be in the way of the first.
  if (options.opensBrowser && !instance.hasWindow) openInBrowser(instance.url);
}

async function serveAsFirst(instance: FirstInstance, options: ServeOptions): Promise<void> {
  const { userFolder, libraryFolder, session, signal } = options;
  const services = await AppServices.open({
    userFolder,
    libraryFolder,
    demoFolder: join(programFolder(), 'resources', 'demo'),
    version: manifest.version,
    ...(session === undefined ? {} : { openAtStart: session }),
    onGrant: (file, path) => {
      supervisor.grant(file, path);
    },
  });
  const supervisor = new Supervisor(childSpecs(services.cacheFolder, forkChild), (child, state, message) => {
    services.childChanged(child, state, message);
  });
  let host: WebHost | undefined;
  try {
    host = await startAtPort(options.port, {
      services,
      supervisor,
      rendererFolder: join(programFolder(), 'out', 'renderer'),
      kernelsPath: join(programFolder(), 'dist', 'kernels.wasm'),
      handoverSecret: instance.secret,
    });
    await instance.publish(host.port);
    announce(host.url);
    if (options.opensBrowser) openInBrowser(host.url);
    if (!signal.aborted)
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
      });
  } finally {
    await Promise.all([host?.close(), supervisor.close()]);
    await services.settled();
  }
}

async function startAtPort(
  port: number | undefined,
  options: Omit<WebHostOptions, 'port'>,
): Promise<WebHost> {
  if (port !== undefined) return startWebHost({ ...options, port });
  try {
    return await startWebHost({ ...options, port: USUAL_PORT });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return startWebHost({ ...options, port: 0 });
  }
}

/** The one line on stdout, for people and for programs. */
function announce(url: string): void {
  process.stdout.write(`Voxfit runs at ${url}\n`);
}
