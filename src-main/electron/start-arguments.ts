/** What the program is started with. */
import { resolve } from 'node:path';

/** The session among a command line's arguments, absolute; Electron and Chromium add arguments of their own. */
export function sessionOf(argv: readonly string[], folder: string): string | undefined {
  const name = argv.slice(1).find((argument) => !argument.startsWith('-') && /\.voxfit$/i.test(argument));
  return name === undefined ? undefined : resolve(folder, name);
}
