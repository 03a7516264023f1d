/** Small JSON files of the program's own: settings, recent sessions. A broken one never stops the program. */
import { readFile, rename } from 'node:fs/promises';
import { dirname, extname, join, basename } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '#audio/write-file.ts';

export interface ReadState<T> {
  readonly value: T;
  /** There was no file. */
  readonly isNew: boolean;
  /** For the user, when the file could not be used. */
  readonly notice: string | null;
}

/** Renames a file that cannot be used, so that nothing of it is lost; returns where it is now. */
export async function setAside(path: string): Promise<string> {
  const extension = extname(path);
  const aside = join(dirname(path), `${basename(path, extension)}.corrupt${extension}`);
  await rename(path, aside);
  return aside;
}

export class StateFile<T extends object> {
  /**
   * @param what the contents, as a sentence calls them (“The settings”)
   * @param schema of the file's object; without fields it must give the defaults
   */
  constructor(
    private readonly path: string,
    private readonly what: string,
    private readonly version: number,
    private readonly schema: z.ZodType<T>,
  ) {}

  /** What the file holds, or the defaults. A file that cannot be used is set aside. */
  async read(): Promise<ReadState<T>> {
    const defaults = this.schema.parse({});
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return { value: defaults, isNew: true, notice: null };
      const notice = `${this.what} cannot be read (${code ?? String(error)}) and are at their defaults.`;
      return { value: defaults, isNew: false, notice };
    }
    try {
      const json: unknown = JSON.parse(text);
      z.object({ version: z.literal(this.version) }).parse(json);
      return { value: this.schema.parse(json), isNew: false, notice: null };
    } catch {
      const kept = await setAside(this.path).then(
        (aside) => `; the old file is kept as “${aside}”`,
        () => '',
      );
      const notice = `${this.what} could not be read and start anew${kept}.`;
      return { value: defaults, isNew: false, notice };
    }
  }

  /** Throws UserError('output'). */
  async write(value: T): Promise<void> {
    await writeFileAtomically(this.path, `${JSON.stringify({ version: this.version, ...value }, null, 2)}\n`);
  }
}
