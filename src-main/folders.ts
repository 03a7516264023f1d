/** Where the user's things are, unless the user says otherwise: by option, then by environment, then as the system has it. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** For settings, recent sessions, recovery and cache. Absolute. */
export function userFolder(
  chosen: string | undefined,
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const wanted = chosen ?? env['VOXFIT_USER_FOLDER'];
  if (wanted) return resolve(wanted);
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Voxfit');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Voxfit');
  // A relative one is to be ignored, says the XDG Base Directory Specification.
  const config = env['XDG_CONFIG_HOME'];
  return join(config && isAbsolute(config) ? config : join(homedir(), '.config'), 'voxfit');
}

/** For sessions, presets, exports and uploads. Absolute. */
export function libraryFolder(
  chosen: string | undefined,
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const wanted = chosen ?? env['VOXFIT_LIBRARY'];
  if (wanted) return resolve(wanted);
  const hasDocuments = platform === 'darwin' || platform === 'win32';
  return join(homedir(), ...(hasDocuments ? ['Documents'] : []), 'Voxfit');
}
