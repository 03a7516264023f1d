/** `voxfit serve`: the app in the browser. */
import { resolve } from 'node:path';
import { parseArguments, parseNumber } from './arguments.ts';
import type { Command } from './command.ts';
import { interruptSignal } from './interrupts.ts';

const HELP = `voxfit serve - the app in your browser

Usage: voxfit serve [<session.voxfit>] [--port N] [--no-open]
                    [--user-folder DIR] [--library DIR]

  Opens Voxfit in the browser and prints its link, which lets one browser in,
  once. Only this computer can reach it. Ctrl-C ends it. Where Voxfit runs
  already, it gets the session, and a fresh link is printed.

Options:
  --port N           the port to use instead of the usual one; 0 takes any
  --no-open          print the link only
  --user-folder DIR  for settings, recent and unsaved sessions
                     (or VOXFIT_USER_FOLDER)
  --library DIR      for sessions, presets, exports and uploads
                     (or VOXFIT_LIBRARY)
  --help             this text

Example:
  voxfit serve "Night Drive.voxfit"
`;

const TABLE = {
  command: 'serve',
  positionals: [],
  optionalPositionals: ['session.voxfit'],
  options: { port: 'value', 'no-open': 'flag', 'user-folder': 'value', library: 'value' },
} as const;

export interface ServeArguments {
  readonly session: string | undefined;
  readonly port: number | undefined;
  readonly opensBrowser: boolean;
  readonly userFolder: string | undefined;
  readonly libraryFolder: string | undefined;
}

/** Also those of `npm start`. Throws UserError('usage'). */
export function parseServeArguments(argv: readonly string[]): ServeArguments {
  const { positionals, options } = parseArguments(argv, TABLE);
  return {
    session: positionals[0],
    port:
      options.port === undefined
        ? undefined
        : parseNumber(options.port, {
            command: 'serve',
            option: '--port',
            what: 'a whole number from 0 to 65535',
            accepts: (value) => Number.isInteger(value) && value >= 0 && value <= 65_535,
          }),
    opensBrowser: !options['no-open'],
    userFolder: options['user-folder'],
    libraryFolder: options.library,
  };
}

async function run(argv: readonly string[]): Promise<number> {
  const { session, port, opensBrowser, ...folders } = parseServeArguments(argv);
  // Asked for before anything starts, so that Ctrl-C always ends it cleanly.
  const signal = interruptSignal();
  const [{ serveInBrowser }, { libraryFolder, userFolder }] = await Promise.all([
    import('#main/web/serve.ts'),
    import('#main/folders.ts'),
  ]);
  await serveInBrowser({
    ...(port === undefined ? {} : { port }),
    opensBrowser,
    userFolder: userFolder(folders.userFolder),
    libraryFolder: libraryFolder(folders.libraryFolder),
    ...(session === undefined ? {} : { session: resolve(session) }),
    signal,
  });
  return 0;
}

export const serveCommand: Command = { help: HELP, run };
