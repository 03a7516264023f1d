/** Names for new files of a folder: plain on every system, and different even where case does not count. */
import { UserError } from '#core/errors.ts';
import { plainFileName } from '../library.ts';

/** File systems allow 255 bytes; plainFileName keeps within this. */
const MAX_STEM_BYTES = 200;
/** UTF-16 units that a preset's or prior's name may have. */
const MAX_NAME_LENGTH = 200;
const NUMBER = / \((\d{1,6})\)$/;

export interface Place {
  /** For people; numbered when the wanted one was taken. */
  readonly name: string;
  /** In the folder. */
  readonly file: string;
}

/** Equal for names that some file system takes for the same. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase();

/** “Warm” of “Warm (2)”. */
export const withoutNumber = (name: string): string => name.replace(NUMBER, '') || name;

function placeOf(name: string, number: number): Place {
  const suffix = number === 1 ? '' : ` (${number})`;
  const letters = [...name.normalize('NFC')];
  const isTooLong = (): boolean =>
    new TextEncoder().encode(letters.join('') + suffix).length > MAX_STEM_BYTES;
  while (isTooLong()) letters.pop();
  return {
    name: name.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix,
    file: plainFileName(`${letters.join('')}${suffix}.json`, 'preset'),
  };
}

export class FreeNames {
  private readonly taken: { readonly files: Set<string>; readonly names: Set<string> };
  /** The number to try next, so that a thousand presets of one name need no million tries. */
  private readonly next = new Map<string, number>();

  /**
   * @param files names of files in the folder
   * @param names names that people see
   */
  constructor(files: Iterable<string>, names: Iterable<string>) {
    this.taken = { files: new Set(Array.from(files, nameKey)), names: new Set(Array.from(names, nameKey)) };
  }

  /** The first free one of “Warm”, “Warm (2)” …, without taking it. */
  find(wanted: string): Place {
    const key = nameKey(wanted);
    for (let number = this.next.get(key) ?? 1; ; number++) {
      const place = placeOf(wanted, number);
      if (this.taken.files.has(nameKey(place.file)) || this.taken.names.has(nameKey(place.name))) continue;
      this.next.set(key, number);
      return place;
    }
  }

  /**
   * Takes the first free one.
   * @param fill puts a whole file there at once; false where one has come from outside in the meantime, which is never
   * overwritten: then the next one is tried
   */
  async take(wanted: string, fill: (place: Place) => Promise<boolean>): Promise<Place> {
    for (;;) {
      const place = this.find(wanted);
      this.taken.files.add(nameKey(place.file));
      if (!(await fill(place))) continue;
      this.taken.names.add(nameKey(place.name));
      return place;
    }
  }
}

/** What to throw when a folder of the library cannot be written. */
export function cannotWrite(folder: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new UserError(
    'output',
    `“${folder}” cannot be written (${code}); give yourself permission or choose another library with VOXFIT_LIBRARY.`,
  );
}
