/**
 * The user's presets: one JSON file each in the library's folder Presets, which belongs to the user. Other programs may
 * change it at any time, so every change here begins with what is on the disk, and what is known is checked against the
 * files' stamps.
 */
import { lstat, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { moveToFree, removeLeftovers, writeFileAtomically, writeNewFile } from '#audio/write-file.ts';
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import { formatNpy } from '#core/preset/npy.ts';
import type { PresetEntry, PresetOrigin } from '#core/protocol/preset-library.ts';
import { requireKind } from '../file-kinds.ts';
import { readSmallText, unreadable as unreadableError } from '../read-file.ts';
import { SerialQueue } from '../serial-queue.ts';
import { FolderWatch } from './folder-watch.ts';
import { cannotWrite, FreeNames, nameKey, withoutNumber } from './free-names.ts';
import { readIncoming, type IncomingPreset } from './incoming.ts';
import { inParallel } from './in-parallel.ts';
import {
  changedDocument,
  formatPresetDocument,
  newPresetDocument,
  parsePresetDocument,
  readPresetText,
  requireName,
  stemOf,
  type PresetFileDocument,
  type PresetNotes,
} from './preset-document.ts';
import { isSameStamp, PresetIndex, type KnownFiles, type KnownPreset, type Stamp } from './preset-index.ts';

const TRASH = '.trash';
/** Files that are looked at, read and written at a time. */
const STATS = 64;
const READS = 16;
const WRITES = 16;
/** Other calls have their turn between as many imported presets. */
const IMPORT_BATCH = 200;
/** A preset takes 14 kB. */
const MAX_PRESET_BYTES = 4 << 20;
/** After a change, until what is known is written down. */
const INDEX_PAUSE_MS = 500;
/** Times that a change starts over because another program has just changed the file. */
const ATTEMPTS = 5;

const isPresetFile = (name: string): boolean => /^[^.].*\.json$/is.test(name);
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Throws UserError('bad-input') unless an id is the plain name of a file that may be a preset. */
function requireId(id: string): void {
  if (!isPresetFile(id) || basename(id) !== id || /[\\/\u0000]/.test(id))
    throw new UserError('bad-input', `“${id}” is not the name of a preset.`);
}

const gone = (id: string): UserError =>
  new UserError('bad-input', `“${stemOf(id)}” is no longer in the library.`);

export interface PresetLibraryOptions {
  /** Of the library; the presets are in Presets. */
  readonly libraryFolder: string;
  /** A file for what is known of the presets. */
  readonly indexPath: string;
  /** Told when presets have come, gone or changed. */
  readonly onChange: () => void;
}

export class PresetLibrary {
  readonly folder: string;
  private readonly trashFolder: string;
  private readonly index: PresetIndex;
  private readonly queue = new SerialQueue();
  private readonly watch: FolderWatch;
  private known: KnownFiles | undefined;
  private indexTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: PresetLibraryOptions) {
    this.folder = join(options.libraryFolder, 'Presets');
    this.trashFolder = join(this.folder, TRASH);
    this.index = new PresetIndex(options.indexPath, this.folder);
    this.watch = new FolderWatch(this.folder, () => {
      this.refresh().catch((error: unknown) => {
        if (!(error instanceof UserError)) console.error(error);
      });
    });
  }

  /** Every preset, by name. From now on changes from outside are told, until {@link rest}. */
  async list(): Promise<{ folder: string; entries: PresetEntry[]; unreadable: number }> {
    this.watch.start();
    await this.refresh();
    const { presets, unreadable } = await this.opened();
    const { compare } = new Intl.Collator(undefined, { numeric: true });
    const entries = Array.from(presets.values(), ({ entry }) => entry).sort(
      (a, b) => compare(a.name, b.name) || compare(a.id, b.id),
    );
    return { folder: this.folder, entries, unreadable: unreadable.size };
  }

  /** Nobody wants to be told of changes for now. */
  rest(): void {
    this.watch.stop();
  }

  /** Resolves when everything is on the disk; for the end of the program. */
  async settled(): Promise<void> {
    this.watch.stop();
    await this.queue.run(() => this.writeIndex());
  }

  /** 151 numbers of each preset that is there, in the order asked for; `ids` says of which. */
  async raws(ids: readonly string[]): Promise<{ ids: string[]; raws: Float32Array<ArrayBuffer> }> {
    ids.forEach(requireId);
    const { presets } = await this.opened();
    const there = ids.filter((id) => presets.has(id));
    const raws = new Float32Array(there.length * PARAMETER_COUNT);
    there.forEach((id, i) => {
      raws.set(presets.get(id)!.raw, i * PARAMETER_COUNT);
    });
    return { ids: there, raws };
  }

  /** One preset, from its file. Throws UserError('bad-input'). */
  async read(id: string): Promise<{ entry: PresetEntry; raw: Float64Array<ArrayBuffer> }> {
    const { text, stamp } = await this.readText(id);
    const { entry, raw } = readPresetText(text, id, stamp.mtimeMs);
    return { entry, raw: new Float64Array(raw) };
  }

  /** Throws UserError('output') when it cannot be written. */
  add(
    name: string,
    raw: Float64Array,
    origin: PresetOrigin,
    tags: PresetNotes['tags'],
  ): Promise<PresetEntry> {
    return this.changing(async () => {
      const wanted = requireName(name);
      return this.put(wanted, newPresetDocument(raw, origin, { tags }), await this.freeNames());
    });
  }

  /** Renames, or changes notes; the rest of the file stays. Throws UserError. */
  change(
    id: string,
    { name, ...noted }: Partial<PresetNotes> & { readonly name?: string },
  ): Promise<PresetEntry> {
    return this.changing(async () => {
      if (name === undefined) return this.rewrite(id, noted);
      const { entry } = await this.readKnown(id);
      const wanted = requireName(name);
      if (wanted === entry.name) return this.rewrite(id, noted);
      const names = await this.freeNames(id);
      const { file } = await names.take(wanted, async (place) => {
        await this.rewrite(id, { ...noted, name: place.name });
        // The same file, or one that only some disks tell apart from it.
        if (nameKey(place.file) !== nameKey(id)) return this.move(this.pathOf(id), place.file);
        await rename(this.pathOf(id), this.pathOf(place.file)).catch((error: unknown) => {
          throw cannotWrite(this.folder, error);
        });
        return true;
      });
      this.forget(id);
      return this.note(file);
    });
  }

  /** A copy with everything that is in the file, under a name with a number. */
  duplicate(id: string): Promise<PresetEntry> {
    return this.changing(async () => {
      const { entry, text } = await this.readKnown(id);
      const document = parsePresetDocument(text, `“${id}”`);
      return this.put(withoutNumber(entry.name), document, await this.freeNames());
    });
  }

  /** Moves files to the trash; those that are gone already are no error. Throws UserError. */
  trash(ids: readonly string[]): Promise<void> {
    ids.forEach(requireId);
    return this.changing(async () => {
      try {
        await mkdir(this.trashFolder, { recursive: true });
        const inTrash = new FreeNames(await readdir(this.trashFolder), []);
        for (const id of ids) {
          if (!(await isFile(this.pathOf(id)))) continue;
          const occupied = join(this.trashFolder, id);
          // Of two with one name, the last one is what comes back.
          while (!(await moveToFree(this.pathOf(id), occupied)))
            await inTrash.take(stemOf(id), (aside) =>
              moveToFree(occupied, join(this.trashFolder, aside.file)),
            );
          this.forget(id);
        }
      } catch (error) {
        throw error instanceof UserError ? error : cannotWrite(this.trashFolder, error);
      }
    });
  }

  /** Brings files back; a name that has been taken since gets a number. Throws UserError before anything is moved. */
  restore(ids: readonly string[]): Promise<PresetEntry[]> {
    ids.forEach(requireId);
    return this.changing(async () => {
      for (const id of ids)
        if (!(await isFile(join(this.trashFolder, id))))
          throw new UserError('bad-input', `“${stemOf(id)}” is not in the trash.`);
      const names = await this.freeNames();
      const entries: PresetEntry[] = [];
      for (const id of ids) {
        const from = join(this.trashFolder, id);
        const text = await readSmallText(from);
        const found = attempt(() => readPresetText(text, id, 0).entry);
        const { file } = await names.take(found?.name ?? stemOf(id), async (place) => {
          if (found && found.name !== place.name) {
            const document = changedDocument(parsePresetDocument(text, id), { name: place.name });
            await writeFileAtomically(from, formatPresetDocument(document));
          }
          return this.move(from, place.file);
        });
        if (found) entries.push(await this.note(file));
      }
      return entries;
    });
  }

  /**
   * Copies presets in. `problems`: a sentence for each file that was left out. Throws UserError('output') when the library
   * cannot be written; what is there by then stays.
   */
  async import(paths: readonly string[]): Promise<{ entries: PresetEntry[]; problems: string[] }> {
    const problems: string[] = [];
    const entries: PresetEntry[] = [];
    let names: FreeNames | undefined;
    try {
      for (const files of batchesOf(paths)) {
        const found = await inParallel(files, READS, async (path) => {
          try {
            return await readIncoming(path);
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
            return error.message;
          }
        });
        problems.push(...found.filter((each) => typeof each === 'string'));
        for (const batch of batchesOf(found.flatMap((each) => (typeof each === 'string' ? [] : each))))
          await this.queue.run(async () => {
            if (!this.known) await this.scan();
            names ??= await this.freeNames();
            entries.push(...(await this.putAll(batch, names)));
          });
      }
    } finally {
      if (names) this.options.onChange();
    }
    return { entries, problems };
  }

  /** One preset as it is into a `.json`, or rows in the published layout into a `.npy`. Throws UserError. */
  async export(ids: readonly string[], path: string): Promise<void> {
    requireKind(path, 'preset');
    if (ids.length === 0) throw new UserError('usage', 'Choose a preset to export.');
    if (!/\.npy$/i.test(path)) {
      if (ids.length > 1)
        throw new UserError(
          'usage',
          'Several presets go into one .npy file; choose a name that ends in .npy.',
        );
      const { text } = await this.readKnown(ids[0]);
      await writeFileAtomically(path, text);
      return;
    }
    const presets = await inParallel(ids, READS, (id) => this.read(id));
    const rows = new Float32Array(ids.length * PARAMETER_COUNT);
    presets.forEach(({ entry, raw }, row) => {
      rows.set(raw, row * PARAMETER_COUNT);
      if (!rows.subarray(row * PARAMETER_COUNT, (row + 1) * PARAMETER_COUNT).every(Number.isFinite))
        throw new UserError(
          'bad-input',
          `“${entry.name}” holds a value that does not fit into the float32 of a .npy row; export it as .json.`,
        );
    });
    await writeFileAtomically(path, formatNpy([ids.length, PARAMETER_COUNT], rows));
  }

  private pathOf(id: string): string {
    return join(this.folder, id);
  }

  /** What is known, at the latest since the first scan. */
  private async opened(): Promise<KnownFiles> {
    if (!this.known) await this.refresh();
    return this.known!;
  }

  /** Looks for changes from outside. Throws UserError('bad-input') when the folder cannot be read. */
  private refresh(): Promise<void> {
    return this.queue.run(() => this.scan());
  }

  /** Runs a change of ours on what is really there, and tells of it. */
  private async changing<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await this.queue.run(async () => {
        if (!this.known) await this.scan();
        return change();
      });
    } finally {
      this.scheduleIndex();
      this.options.onChange();
    }
  }

  private async scan(): Promise<void> {
    const isFirst = this.known === undefined;
    const known = this.known ?? (await this.index.read());
    if (isFirst) await this.removeLeftovers();
    const names = await this.fileNames();
    let isChanged = false;
    const stamps = await inParallel(names, STATS, (name) => stampOf(this.pathOf(name)));
    const present = new Set(names.filter((_, i) => stamps[i] !== undefined));
    for (const files of [known.presets, known.unreadable])
      for (const id of files.keys()) if (!present.has(id)) isChanged = files.delete(id) || isChanged;
    const changed = names.flatMap((id, i) => {
      const stamp = stamps[i];
      const last = known.presets.get(id)?.stamp ?? known.unreadable.get(id);
      return stamp && !(last && isSameStamp(last, stamp)) ? [{ id, stamp }] : [];
    });
    await inParallel(changed, READS, async ({ id, stamp }) => {
      const found = await this.parseFile(id, stamp);
      known.presets.delete(id);
      known.unreadable.delete(id);
      if (found) known.presets.set(id, found);
      else known.unreadable.set(id, stamp);
    });
    this.known = known;
    if (changed.length === 0 && !isChanged) return;
    this.scheduleIndex();
    if (!isFirst) this.options.onChange();
  }

  /** undefined for a file that is no preset, or cannot be read. */
  private async parseFile(id: string, stamp: Stamp): Promise<KnownPreset | undefined> {
    if (stamp.size > MAX_PRESET_BYTES) return undefined;
    try {
      const { entry, raw } = readPresetText(await readFile(this.pathOf(id), 'utf8'), id, stamp.mtimeMs);
      return { entry, stamp, raw: Float32Array.from(raw) };
    } catch (error) {
      if (error instanceof UserError || codeOf(error) !== undefined) return undefined;
      throw error;
    }
  }

  /** What an earlier program was ended in the middle of writing. */
  private async removeLeftovers(): Promise<void> {
    for (const folder of [this.folder, this.trashFolder])
      await removeLeftovers(folder, await readdir(folder).catch(() => []));
  }

  /** Files that may be presets; links are none, because they may lead out of the library. */
  private async fileNames(): Promise<string[]> {
    try {
      const entries = await readdir(this.folder, { withFileTypes: true });
      return entries.filter((entry) => entry.isFile() && isPresetFile(entry.name)).map(({ name }) => name);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw unreadableError(this.folder, error);
    }
  }

  /** What is free in the folder as it is now, which is made where there is none; `except` does not count. */
  private async freeNames(except?: string): Promise<FreeNames> {
    const { presets } = this.known!;
    try {
      await mkdir(this.folder, { recursive: true });
    } catch (error) {
      throw cannotWrite(this.folder, error);
    }
    const files = await readdir(this.folder).catch((error: unknown) => {
      throw unreadableError(this.folder, error);
    });
    const names = [...presets.values()].filter(({ entry }) => entry.id !== except);
    return new FreeNames(
      files.filter((file) => file !== except),
      names.map(({ entry }) => entry.name),
    );
  }

  /** Gives a file a name in the folder; false when that is taken. Throws UserError('output'). */
  private async move(from: string, file: string): Promise<boolean> {
    try {
      return await moveToFree(from, this.pathOf(file));
    } catch (error) {
      throw cannotWrite(this.folder, error);
    }
  }

  /** Writes a new preset under a name, numbered where it is taken. */
  private async put(wanted: string, document: PresetFileDocument, names: FreeNames): Promise<PresetEntry> {
    const { file } = await names.take(wanted, ({ name, file }) =>
      writeNewFile(this.pathOf(file), formatPresetDocument(changedDocument(document, { name }))),
    );
    return this.note(file);
  }

  private async putAll(presets: readonly IncomingPreset[], names: FreeNames): Promise<PresetEntry[]> {
    try {
      return await inParallel(presets, WRITES, ({ name, document }) => this.put(name, document, names));
    } finally {
      this.scheduleIndex();
    }
  }

  /** Changes a file in place, beginning with what is in it now. */
  private async rewrite(
    id: string,
    change: Partial<PresetNotes> & { readonly name?: string },
  ): Promise<PresetEntry> {
    for (let attempts = 1; ; attempts++) {
      const { text, stamp } = await this.readKnown(id);
      const document = changedDocument(parsePresetDocument(text, `“${id}”`), change);
      const now = await stampOf(this.pathOf(id));
      if (attempts < ATTEMPTS && !(now && isSameStamp(now, stamp))) continue;
      await writeFileAtomically(this.pathOf(id), formatPresetDocument(document));
      return this.note(id);
    }
  }

  /** The text of a file and when it was like that. Throws UserError('bad-input'). */
  private async readText(id: string): Promise<{ text: string; stamp: Stamp }> {
    requireId(id);
    const stamp = await stampOf(this.pathOf(id));
    if (!stamp) throw gone(id);
    return { text: await readSmallText(this.pathOf(id)), stamp };
  }

  /** A preset's file. Throws UserError('bad-input') when there is none, or it is no preset any more. */
  private async readKnown(id: string): Promise<{ text: string; stamp: Stamp; entry: PresetEntry }> {
    const { text, stamp } = await this.readText(id);
    return { text, stamp, entry: readPresetText(text, id, stamp.mtimeMs).entry };
  }

  /** Knows a file as it is now. */
  private async note(id: string): Promise<PresetEntry> {
    const { text, stamp } = await this.readText(id);
    const { entry, raw } = readPresetText(text, id, stamp.mtimeMs);
    this.known!.unreadable.delete(id);
    this.known!.presets.set(id, { entry, stamp, raw: Float32Array.from(raw) });
    return entry;
  }

  private forget(id: string): void {
    this.known!.presets.delete(id);
    this.known!.unreadable.delete(id);
  }

  private scheduleIndex(): void {
    this.indexTimer ??= setTimeout(() => {
      void this.queue.run(() => this.writeIndex());
    }, INDEX_PAUSE_MS).unref();
  }

  /** Writes down what is known, where there is something new. */
  private async writeIndex(): Promise<void> {
    if (this.indexTimer === undefined || !this.known) return;
    clearTimeout(this.indexTimer);
    this.indexTimer = undefined;
    // Without it, the next start only takes longer.
    await this.index.write(this.known).catch(() => undefined);
  }
}

function* batchesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += IMPORT_BATCH)
    yield items.slice(start, start + IMPORT_BATCH);
}

/** undefined unless it is a file, and no link. */
async function stampOf(path: string): Promise<Stamp | undefined> {
  try {
    const facts = await lstat(path);
    const { size, mtimeMs, ctimeMs } = facts;
    return facts.isFile() ? { size, mtimeMs, ctimeMs } : undefined;
  } catch {
    return undefined;
  }
}

const isFile = async (path: string): Promise<boolean> => (await stampOf(path)) !== undefined;

/** undefined where a UserError is thrown. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
