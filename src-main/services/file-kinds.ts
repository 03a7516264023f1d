/** Which files Voxfit opens and writes, told by the end of their names. */
import { extname } from 'node:path';
import { UserError } from '#core/errors.ts';
import type { FileKind } from '#core/protocol/app.ts';

/**
 * The first one is what new files get. Sound of the second line cannot be decoded, but may be opened: then the engine
 * says what kind of file it is and what to do.
 */
export const EXTENSIONS = {
  audio: [
    ...['wav', 'aif', 'aiff', 'aifc', 'flac', 'mp3', 'ogg', 'oga', 'opus', 'wave', 'bwf', 'rf64'],
    ...['m4a', 'mp4', 'aac', 'caf', 'wma', 'w64', 'webm', 'mka', 'wv', 'ape', 'amr', 'au', 'dsf', 'dff'],
  ],
  session: ['voxfit'],
  preset: ['json', 'npy'],
  wav: ['wav'],
  sheet: ['html'],
  svg: ['svg'],
  png: ['png'],
  csv: ['csv'],
  zip: ['zip'],
} as const satisfies Record<FileKind, readonly string[]>;

export const KIND_NAMES: Readonly<Record<FileKind, string>> = {
  audio: 'Audio',
  session: 'Voxfit session',
  preset: 'Preset',
  wav: 'WAV audio',
  sheet: 'Settings sheet',
  svg: 'SVG picture',
  png: 'PNG picture',
  csv: 'CSV table',
  zip: 'ZIP archive',
};

const extensionOf = (path: string): string => extname(path).slice(1).toLowerCase();

export function isOfKind(path: string, kind: FileKind): boolean {
  return (EXTENSIONS[kind] as readonly string[]).includes(extensionOf(path));
}

/** The name with the kind's extension, unless it ends in one already. */
export function withExtension(name: string, kind: FileKind): string {
  return isOfKind(name, kind) ? name : `${name}.${EXTENSIONS[kind][0]}`;
}

/** The name without the kind's extension, for people. */
export function withoutExtension(name: string, kind: FileKind): string {
  return isOfKind(name, kind) ? name.slice(0, -extname(name).length) : name;
}

/** Throws UserError('bad-input') for a file that Voxfit has no use for. */
export function requireKnownKind(path: string): void {
  if (isOfKind(path, 'audio') || isOfKind(path, 'session') || isOfKind(path, 'preset')) return;
  throw new UserError(
    'bad-input',
    `“${path}” is not a file that Voxfit opens; give audio (wav, aiff, flac, mp3, ogg, opus), a session (.voxfit) or a preset (.json, .npy).`,
  );
}

/** Throws UserError('bad-input') unless the name ends as files of this kind do. */
export function requireKind(path: string, kind: FileKind): void {
  if (isOfKind(path, kind)) return;
  const allowed = EXTENSIONS[kind].map((extension) => `.${extension}`).join(' or ');
  throw new UserError('bad-input', `“${path}” should end in ${allowed}; choose another name.`);
}
