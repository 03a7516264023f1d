/** The priors that can be browsed: the one that is shipped, and the user's own in the library's folder Priors. */
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { removeLeftovers, writeNewFile } from '#audio/write-file.ts';
import { UserError } from '#core/errors.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import { readSmallText } from '../read-file.ts';
import { SerialQueue } from '../serial-queue.ts';
import { cannotWrite, FreeNames } from './free-names.ts';
import { requireName } from './preset-document.ts';

/** No file has it: theirs end in `.json`. */
export const SHIPPED_PRIOR = 'shipped';

export interface PriorEntry {
  readonly id: string;
  readonly name: string;
  readonly presetCount: number;
  readonly isShipped: boolean;
}

interface Facts {
  readonly name: string;
  readonly presetCount: number;
}

const isPriorFile = (name: string): boolean => /^[^.].*\.json$/is.test(name);

export class PriorLibrary {
  private readonly folder: string;
  private readonly queue = new SerialQueue();
  /** By path, size and time of change; null for files that are no priors. */
  private readonly known = new Map<string, Facts | null>();

  constructor(
    libraryFolder: string,
    /** Asked for when it is needed first. */
    private readonly shippedPath: () => string,
  ) {
    this.folder = join(libraryFolder, 'Priors');
  }

  /** The shipped one, then the others by name; files that are no priors are left out. */
  async list(): Promise<PriorEntry[]> {
    const shipped = await this.factsOf(this.shippedPath());
    const own: PriorEntry[] = [];
    for (const file of await this.files()) {
      const facts = await this.factsOf(join(this.folder, file));
      if (facts) own.push({ id: file, ...facts, isShipped: false });
    }
    const { compare } = new Intl.Collator(undefined, { numeric: true });
    own.sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
    return [...(shipped ? [{ id: SHIPPED_PRIOR, ...shipped, isShipped: true }] : []), ...own];
  }

  /** The text of a whole prior's file. Throws UserError('bad-input'). */
  async read(id: string): Promise<string> {
    if (id !== SHIPPED_PRIOR && (!isPriorFile(id) || basename(id) !== id || /[\\/\u0000]/.test(id)))
      throw new UserError('bad-input', `“${id}” is not the name of a prior.`);
    const path = id === SHIPPED_PRIOR ? this.shippedPath() : join(this.folder, id);
    if (!(await lstat(path).catch(() => undefined))?.isFile())
      throw new UserError('bad-input', `The prior “${id}” is no longer in the library.`);
    const text = await readSmallText(path);
    parsePrior(text, `“${id}”`);
    return text;
  }

  /** Keeps a prior under a name, numbered where it is taken. Throws UserError for a text that is no prior. */
  add(name: string, text: string): Promise<{ id: string }> {
    const wanted = requireName(name);
    parsePrior(text);
    return this.queue.run(async () => {
      const taken = (await this.list()).map((prior) => prior.name);
      try {
        await mkdir(this.folder, { recursive: true });
      } catch (error) {
        throw cannotWrite(this.folder, error);
      }
      const names = new FreeNames(await this.files(), taken);
      const { file } = await names.take(wanted, (place) =>
        writeNewFile(join(this.folder, place.file), named(text, place.name)),
      );
      return { id: file };
    });
  }

  private async files(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true }).catch(() => []);
    await removeLeftovers(
      this.folder,
      entries.map(({ name }) => name),
    );
    return entries.filter((entry) => entry.isFile() && isPriorFile(entry.name)).map(({ name }) => name);
  }

  private async factsOf(path: string): Promise<Facts | null> {
    const found = await lstat(path).catch(() => undefined);
    if (!found) return null;
    const key = `${path}\n${found.size}\n${found.mtimeMs}\n${found.ctimeMs}`;
    let facts = this.known.get(key);
    if (facts === undefined) {
      try {
        const { provenance, presetCount } = parsePrior(await readSmallText(path));
        facts = { name: provenance.name, presetCount };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        facts = null;
      }
      this.known.set(key, facts);
    }
    return facts;
  }
}

/** A prior's file under another name. */
function named(text: string, name: string): string {
  const document = JSON.parse(text.replace(/^\uFEFF/, '')) as { provenance: object };
  return `${JSON.stringify({ ...document, provenance: { ...document.provenance, name } }, null, 2)}\n`;
}
