/**
 * The user's library of presets: read when it is first needed and kept up to date with its folder; searched, heard,
 * noted on, brought in and out. What goes wrong is told as a notice; nothing here rejects.
 */
import { PARAMETER_COUNT, parametersUnder } from '#core/chain/parameters.ts';
import type { appContract } from '#core/protocol/app.ts';
import { CallError, type Payload } from '#core/protocol/contract.ts';
import { LEAST_PRESETS } from '#core/prior/model.ts';
import { isCompanion } from '#core/prior/preset-folder.ts';
import type { engineContract } from '#core/protocol/engine.ts';
import type { PresetEntry, PresetOrigin } from '#core/protocol/preset-library.ts';
import type { FileRef } from '#core/session/document.ts';
import type { Folder } from '../../host/folder.ts';
import type { Host } from '../../host/host.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import {
  amongIds,
  byId,
  idsOf,
  inOrderOf,
  renamesOf,
  withReplaced,
  type Replacement,
} from './preset-entries.ts';
import { byName, findPresets, haystackOf, inOrder, NO_FILTER, type PresetOrder } from './preset-search.ts';
import { allOf, among, extended, movedOn, NO_SELECTION, only, renamed, toggled } from './preset-selection.ts';
import {
  NO_RAWS,
  rawsOfEntries,
  renamedRaws,
  separateRaws,
  staleEntries,
  withRaws,
  type Raws,
} from './presets-raws.ts';
import { withoutTag, withTags } from './presets-tags.ts';
import { nameOfFolder, ofFolder, ofLibrary, type PresetsToLearn } from './presets-to-learn.ts';
import type { Session } from './session.svelte.ts';

/** A new name, or new notes. */
type Changes = Partial<Pick<PresetEntry, 'name' | 'tags' | 'isFavourite' | 'rating' | 'notes'>>;
/** What undo gives back to one of several presets, as far as it still has what they were given. */
interface Undoable {
  readonly id: string;
  readonly before: Changes;
  readonly after: Changes;
}
/** An entry as it was, and what is new about it. */
interface Changed {
  readonly entry: PresetEntry;
  readonly news: Changes;
}
/** Presets that are being written one after another. */
export interface Bulk {
  readonly name: 'Changing' | 'Copying';
  readonly done: number;
  readonly count: number;
}
type Progress = Payload<typeof engineContract, 'progress'>;

/** Settings that are asked for in one call: some megabytes. */
const RAWS_AT_ONCE = 4_000;
/** So many that are written one after another take long enough to be looked on, and to be stopped. */
const MANY = 100;
/** A run through the list with the arrow keys is heard where it pauses. */
const AUDITION_AFTER_MS = 120;
const UNDO_MS = 20_000;
/** Of a prior, in characters. */
const MAX_NAME = 200;
/** Problems of an import that are told one by one. */
const MOST_PROBLEMS = 2;

export class Presets {
  /** By name. */
  entries = $state.raw<readonly PresetEntry[]>([]);
  /** 151 raw values by id, for pictures; exact ones come with {@link audition}. */
  raws = $state.raw<Raws>(NO_RAWS);
  /** Whether settings could not be read, which has been told; {@link refresh} tries again. */
  areRawsMissing = $state(false);
  phase = $state.raw<'unread' | 'reading' | 'ready' | 'failed'>('unread');
  /** Why it could not be read. */
  problem = $state.raw('');
  folder = $state.raw('');
  /** Files of the folder that are no presets. */
  unreadable = $state.raw(0);
  selection = $state.raw(NO_SELECTION);
  query = $state('');
  filter = $state.raw(NO_FILTER);
  order = $state.raw<PresetOrder>('name');
  /** Whether a preset that is selected in the list is heard at once. */
  isHeardAtOnce = $state(true);
  /** What undo brings back from the trash, while it is offered. */
  trashed = $state.raw<readonly PresetEntry[]>([]);
  /** Several that have been changed at once, while undo is offered. */
  changed = $state.raw<readonly Undoable[]>([]);
  /** {@link MANY} presets or more that are being written; {@link stopWriting} leaves the rest of them as they are. */
  bulk = $state.raw<Bulk | null>(null);
  /** The prior that is being learned; `fraction` 0..1, once it is known. */
  training = $state.raw<{ readonly name: string; readonly fraction: number | undefined } | null>(null);
  /** Told of a prior that has been learned and kept. */
  onLearned: (id: string) => void = () => undefined;

  private readonly ordered = $derived(inOrder(this.entries, this.order));
  /** What search and filters leave, in order. */
  readonly shown: readonly PresetEntry[] = $derived(findPresets(this.ordered, this.query, this.filter));
  /**
   * What is selected, in the order of the list. Of several, those that search and filters leave: nothing happens to what
   * cannot be seen.
   */
  readonly chosen: readonly PresetEntry[] = $derived.by(() => {
    const { ids } = this.selection;
    if (ids.size === 0) return [];
    return (ids.size === 1 ? this.entries : this.shown).filter(({ id }) => ids.has(id));
  });
  /** The one that is selected; null where none is, or several. */
  readonly selectedEntry = $derived(this.chosen.length === 1 ? this.chosen[0]! : null);

  private refreshing: Promise<void> | undefined;
  private isRefreshDue = false;
  /** What is being written to the folder, one after another; never rejects. */
  private writing: Promise<void> = Promise.resolve();
  private isStopped = false;
  /** New ids beside the ones before, in the order in which they came about. */
  private renames: readonly (readonly [before: string, id: string])[] = [];
  private renameListeners: readonly ((before: string, id: string) => void)[] = [];
  private lastAudition = 0;
  private auditionTimer: ReturnType<typeof setTimeout> | undefined;
  private trashTimer: ReturnType<typeof setTimeout> | undefined;
  private changeTimer: ReturnType<typeof setTimeout> | undefined;
  private trainingJob: string | undefined;

  constructor(
    private readonly app: Link<typeof appContract>,
    private readonly engine: Link<typeof engineContract>,
    private readonly session: Session,
    private readonly notices: Notices,
    private readonly host: Host,
  ) {
    const refreshIfRead = (): void => {
      if (this.phase !== 'unread') void this.refresh();
    };
    app.on('presets.changed', refreshIfRead);
    app.onConnect(refreshIfRead);
    engine.on('progress', (progress) => {
      this.showTraining(progress);
    });
  }

  // ---- reading

  /** Reads the library unless that was done. */
  async use(): Promise<void> {
    if (this.phase === 'unread') await this.refresh();
  }

  /** Brings everything up to date with the folder. */
  refresh(): Promise<void> {
    // What changed while the folder was being read may be missing in the answer.
    this.isRefreshDue = true;
    this.refreshing ??= this.refreshWhileDue().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async refreshWhileDue(): Promise<void> {
    while (this.isRefreshDue) {
      await this.writing;
      this.isRefreshDue = false;
      const { writing } = this;
      if (this.phase !== 'ready') this.phase = 'reading';
      try {
        const { folder, entries, unreadable } = await this.app.call('presets.list', {});
        // What the window shows already may be missing in the answer.
        if (writing !== this.writing) {
          this.isRefreshDue = true;
          continue;
        }
        this.folder = folder;
        this.unreadable = unreadable;
        await this.show(entries);
      } catch (error) {
        if (this.phase === 'ready') this.notices.failure(error);
        else {
          this.problem = error instanceof CallError ? error.message : String(error);
          this.phase = 'failed';
        }
        return;
      }
    }
  }

  /** Shows another list of entries; settings that are new to the window follow. */
  private async show(entries: readonly PresetEntry[]): Promise<void> {
    const stale = staleEntries(entries, this.entries, this.raws);
    for (const entry of entries) haystackOf(entry);
    this.take(entries);
    this.phase = 'ready';
    this.areRawsMissing = false;
    try {
      for (let from = 0; from < stale.length; from += RAWS_AT_ONCE) {
        const wanted = stale.slice(from, from + RAWS_AT_ONCE).map(({ id }) => id);
        const { ids, raws } = await this.app.call('presets.raws', { ids: wanted });
        this.raws = withRaws(this.raws, separateRaws(ids, raws));
      }
    } catch (error) {
      this.areRawsMissing = true;
      this.notices.failure(error);
    }
  }

  private take(entries: readonly PresetEntry[]): void {
    this.entries = [...entries].sort(byName);
    this.raws = rawsOfEntries(this.raws, entries);
    this.selection = among(this.selection, idsOf(entries));
  }

  /** Puts entries in, each in place of the one that had the id `before`. */
  private put(replacements: readonly Replacement[]): void {
    // Otherwise they come with the rest.
    if (this.phase !== 'ready' || replacements.length === 0) return;
    const ids = renamesOf(replacements);
    this.raws = renamedRaws(this.raws, ids);
    const selection = renamed(this.selection, ids);
    this.take(withReplaced(this.entries, replacements));
    this.selection = selection;
    this.renames = [...this.renames, ...ids];
    for (const [before, id] of ids) for (const listener of this.renameListeners) listener(before, id);
  }

  /** Presets that are new to the folder, with their settings. */
  private putNew(fresh: readonly (readonly [entry: PresetEntry, raw: Float32Array | undefined])[]): void {
    if (this.phase === 'ready')
      this.raws = withRaws(
        this.raws,
        fresh.flatMap(([{ id }, raw]) => (raw ? [[id, raw] as const] : [])),
      );
    this.put(fresh.map(([entry]) => ({ before: entry.id, entry })));
  }

  /** Called when this window gives a preset another name, and so another id. */
  onRename(listener: (before: string, id: string) => void): void {
    this.renameListeners = [...this.renameListeners, listener];
  }

  /** What the id of a preset has become, by the renames from the one at `since` on. */
  private idNow(id: string, since: number): string {
    return this.renames.slice(since).reduce((now, [before, after]) => (now === before ? after : now), id);
  }

  /** Those that are still there, as they are now: what was begun under a name may be done under the next one. */
  private present<T extends Pick<PresetEntry, 'id'>>(
    items: readonly T[],
  ): readonly { readonly item: T; readonly entry: PresetEntry }[] {
    const known = byId(this.entries);
    return items.flatMap((item) => {
      const since = this.renames.findLastIndex(([before]) => before === item.id);
      const entry = known.get(item.id) ?? (since < 0 ? undefined : known.get(this.idNow(item.id, since)));
      return entry ? [{ item, entry }] : [];
    });
  }

  // ---- choosing and hearing

  /** Where the keyboard is in the list: the preset that was selected last. */
  get selected(): string | null {
    return this.selection.active;
  }

  select(id: string): void {
    this.selection = only(id);
  }

  toggle(id: string): void {
    this.selection = toggled(this.selection, id);
  }

  /** From where the selection began to a preset of the list. */
  selectTo(id: string): void {
    this.selection = extended(
      this.selection,
      id,
      this.shown.map((entry) => entry.id),
    );
  }

  /** Another place for the keyboard; what is selected stays. */
  moveTo(id: string): void {
    this.selection = movedOn(this.selection, id);
  }

  selectShown(): void {
    this.selection = allOf(
      this.shown.map(({ id }) => id),
      this.selection,
    );
  }

  selectNone(): void {
    this.selection = NO_SELECTION;
  }

  /** The next preset of the list, or the one before; heard as well. */
  async step(by: 1 | -1): Promise<void> {
    await this.use();
    const at = this.shown.findIndex(({ id }) => id === this.selected);
    const next = this.shown[at < 0 ? (by > 0 ? 0 : this.shown.length - 1) : at + by];
    if (!next) return;
    this.select(next.id);
    this.auditionSoon(next.id);
  }

  /** Once the selection has rested on it for a moment. */
  auditionSoon(id: string): void {
    clearTimeout(this.auditionTimer);
    this.auditionTimer = setTimeout(() => void this.audition(id), AUDITION_AFTER_MS);
  }

  /** Makes a preset the session's setting, one undo step; locked parameters keep their values. */
  async audition(id: string): Promise<void> {
    clearTimeout(this.auditionTimer);
    this.selection = this.selection.ids.has(id) ? movedOn(this.selection, id) : only(id);
    const audition = ++this.lastAudition;
    await this.attempt(async () => {
      const { entry, raw } = await this.app.call('presets.read', { id });
      // Another one has been asked for meanwhile.
      if (audition !== this.lastAudition) return;
      const { session } = this;
      const setting = raw.slice();
      for (const index of session.document.locked.flatMap(parametersUnder))
        setting[index] = session.raw[index]!;
      const isSame = !session.preview && setting.every((value, i) => value === session.stored[i]);
      if (!isSame) session.setSetting(`Preset “${entry.name}”`, setting);
    });
  }

  /** Selects presets and shows them, whatever search and filters had left. */
  private reveal(ids: readonly string[]): void {
    const listed = (): string[] => inOrderOf(this.shown, ids);
    if (listed().length < ids.length) {
      this.query = '';
      this.filter = NO_FILTER;
    }
    // A list that is being read has them later.
    this.selection = allOf(listed().length > 0 ? listed() : ids);
  }

  // ---- changing

  /** The new preset, selected; null where it could not be written, which has been told. */
  async add(
    name: string,
    raw: ArrayLike<number>,
    origin: PresetOrigin,
    tags: readonly string[] = [],
  ): Promise<PresetEntry | null> {
    return this.attempt(async () => {
      const setting = Float64Array.from(raw);
      const entry = await this.app.call('presets.add', { name, raw: setting, origin, tags: [...tags] });
      this.putNew([[entry, Float32Array.from(setting)]]);
      this.reveal([entry.id]);
      this.notices.info(`Saved “${entry.name}” to your presets.`);
      return entry;
    });
  }

  /** What is heard, as far as the amounts let it. */
  addHeard(name: string, tags: readonly string[] = []): Promise<PresetEntry | null> {
    const { document, heard, undoLabel, preview } = this.session;
    const target = document.sources.target?.name;
    // Nothing was changed since the fit.
    const isFitted = undoLabel === 'Fit' && document.lastFit !== null && !preview && target !== undefined;
    const origin: PresetOrigin = isFitted
      ? { kind: 'fitted', text: target.slice(0, 300) }
      : { kind: 'saved', text: document.name.slice(0, 300) };
    return this.add(name, heard, origin, tags);
  }

  /** Renames a preset, or changes what is noted. */
  async change(id: string, changes: Changes): Promise<void> {
    await this.changeAll([{ id }], () => changes);
  }

  /** The same for several, one file after another; {@link undoChange} takes it back. */
  async changeAll(
    entries: readonly Pick<PresetEntry, 'id'>[],
    changesOf: (entry: PresetEntry) => Changes,
  ): Promise<void> {
    const changes = this.present(entries).flatMap(({ entry }) => {
      const news = differing(entry, changesOf(entry));
      return Object.keys(news).length === 0 ? [] : [{ entry, news }];
    });
    if (changes.length > 1) this.offerUndoOfChange(changes);
    const offered = this.changed;
    const written = await this.write(changes);
    if (changes.length < 2 || this.changed !== offered) return;
    if (written.size < changes.length) this.changed = offered.filter(({ id }) => written.has(id));
    this.changeTimer = setTimeout(() => {
      this.forgetChanged();
    }, UNDO_MS);
  }

  /** Ids, as they were, of what has been written; the rest could not be, or was stopped. */
  private async write(changes: readonly Changed[]): Promise<ReadonlySet<string>> {
    const since = this.renames.length;
    const done: PresetEntry[] = [];
    // The window need not wait for the disk.
    this.put(changes.map(({ entry, news }) => ({ before: entry.id, entry: { ...entry, ...news } })));
    const failures = await this.writeEach(
      'Changing',
      changes,
      async ({ entry, news }) => {
        const id = this.idNow(entry.id, since);
        const changed = await this.app.call('presets.change', { id, ...news });
        done.push(entry);
        return { before: id, entry: changed };
      },
      (written) => {
        const known = idsOf(this.entries);
        // Some may have gone to the trash meanwhile.
        this.put(written.filter(({ before }) => known.has(before)));
      },
    );
    this.tell(failures, changes.length, 'changed');
    // The others are not as they are shown.
    if (done.length < changes.length) await this.refresh();
    return idsOf(done);
  }

  private offerUndoOfChange(changes: readonly Changed[]): void {
    this.changed = changes.map(({ entry, news }) => ({
      id: entry.id,
      before: sameOf(entry, news),
      after: news,
    }));
    clearTimeout(this.changeTimer);
  }

  /** Takes back what several were given at once, but not what was changed again since. */
  async undoChange(): Promise<void> {
    const { changed } = this;
    this.forgetChanged();
    await this.write(
      this.present(changed)
        .filter(({ item, entry }) => Object.keys(differing(entry, item.after)).length === 0)
        .map(({ item, entry }) => ({ entry, news: item.before })),
    );
  }

  forgetChanged(): void {
    clearTimeout(this.changeTimer);
    this.changed = [];
  }

  async addTags(entries: readonly PresetEntry[], tags: readonly string[]): Promise<void> {
    await this.changeAll(entries, (entry) => ({ tags: withTags(entry.tags, tags) }));
  }

  async removeTag(entries: readonly PresetEntry[], tag: string): Promise<void> {
    await this.changeAll(entries, (entry) => ({ tags: withoutTag(entry.tags, tag) }));
  }

  /** The copies are selected. */
  async duplicate(entries: readonly PresetEntry[]): Promise<void> {
    const since = this.renames.length;
    const failures = await this.writeEach(
      'Copying',
      entries,
      async (entry) => {
        const id = this.idNow(entry.id, since);
        return { id, entry: await this.app.call('presets.duplicate', { id }) };
      },
      (written) => {
        this.putNew(written.map(({ id, entry }) => [entry, this.raws.get(id)]));
        this.reveal(written.map(({ entry }) => entry.id));
      },
    );
    this.tell(failures, entries.length, 'copied');
  }

  /** Into the folder's trash; {@link undoTrash} brings them back. */
  async trash(entries: readonly PresetEntry[]): Promise<void> {
    if (entries.length === 0) return;
    // One undo at a time: that of what was done last.
    this.forgetChanged();
    const gone = await this.settled(entries);
    const last = this.shown.findLastIndex(({ id }) => gone.has(id));
    const stays = ({ id }: PresetEntry): boolean => !gone.has(id);
    const neighbour =
      last < 0
        ? undefined
        : (this.shown.slice(last).find(stays) ?? this.shown.slice(0, last).findLast(stays));
    await this.attempt(async () => {
      await this.app.call('presets.trash', { ids: [...gone] });
      const wasSelected = this.selection.ids.size > 0 && [...this.selection.ids].every((id) => gone.has(id));
      const trashed = this.entries.filter((entry) => !stays(entry));
      this.take(this.entries.filter(stays));
      if (wasSelected && neighbour) this.select(neighbour.id);
      this.offerUndo(trashed);
    });
  }

  private offerUndo(trashed: readonly PresetEntry[]): void {
    const ids = idsOf(trashed);
    // A name that has gone there twice brings back the last one.
    this.trashed = [...this.trashed.filter(({ id }) => !ids.has(id)), ...trashed];
    clearTimeout(this.trashTimer);
    this.trashTimer = setTimeout(() => {
      this.forgetTrashed();
    }, UNDO_MS);
  }

  /** What is being written one after another ends with the one that is being written now. */
  stopWriting(): void {
    this.isStopped = true;
  }

  /** Writes one after another, then shows what has been written; what could not be, comes back as errors. */
  private async writeEach<T, R>(
    name: Bulk['name'],
    items: readonly T[],
    write: (item: T) => Promise<R>,
    show: (written: readonly R[]) => void,
  ): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    this.writing = this.writing.then(async () => {
      const written: R[] = [];
      this.isStopped = false;
      for (const [done, item] of items.entries()) {
        if (this.isStopped) break;
        if (items.length >= MANY) this.bulk = { name, done, count: items.length };
        try {
          written.push(await write(item));
        } catch (error) {
          failures.push(error);
        }
      }
      this.bulk = null;
      show(written);
    });
    await this.writing;
    return failures;
  }

  private tell(failures: readonly unknown[], count: number, done: string): void {
    const [first] = failures;
    if (first === undefined) return;
    if (count === 1) this.notices.failure(first);
    else {
      const reason = first instanceof Error ? first.message : String(first);
      this.notices.add('error', `${failures.length} of ${count} presets could not be ${done}: ${reason}`);
    }
  }

  /** Ids of presets once all is written that was asked for before: one of them may be getting another name. */
  private async settled(entries: readonly PresetEntry[]): Promise<ReadonlySet<string>> {
    const since = this.renames.length;
    await this.writing;
    return amongIds(
      this.entries,
      entries.map(({ id }) => this.idNow(id, since)),
    );
  }

  /** Brings back what was trashed while undo was offered. */
  async undoTrash(): Promise<void> {
    const { trashed } = this;
    if (trashed.length === 0) return;
    this.forgetTrashed();
    const restored = await this.attempt(() =>
      this.app.call('presets.restore', { ids: trashed.map(({ id }) => id) }),
    );
    if (!restored) {
      this.offerUndo(trashed);
      return;
    }
    await this.refresh();
    if (restored.entries.length > 0) this.reveal(restored.entries.map(({ id }) => id));
  }

  forgetTrashed(): void {
    clearTimeout(this.trashTimer);
    this.trashed = [];
  }

  // ---- in and out

  /** Copies presets in from files that were picked or dropped. */
  async importFiles(files: readonly File[]): Promise<void> {
    await this.attempt(async () => {
      const fitting = files.filter(({ name }) => /\.(json|npy)$/i.test(name) && !isCompanion(name));
      if (fitting.length === 0) {
        this.notices.info('Presets are .json files, or .npy files with the published rows.');
        return;
      }
      const refs: FileRef[] = [];
      for (const file of fitting) refs.push(await this.host.fileOf(file));
      const { entries, problems } = await this.app.call('presets.import', {
        files: refs.map(({ id }) => id),
      });
      await this.refresh();
      for (const problem of problems.slice(0, MOST_PROBLEMS)) this.notices.add('error', problem);
      const more = problems.length - MOST_PROBLEMS;
      if (more > 0)
        this.notices.add(
          'error',
          `${more === 1 ? 'One more file was' : `${more} more files were`} left out.`,
        );
      const [first] = entries;
      if (!first) return;
      this.notices.info(
        entries.length === 1 ? `Imported “${first.name}”.` : `Imported ${entries.length} presets.`,
      );
      this.reveal(entries.map(({ id }) => id));
    });
  }

  /** Writes presets to a file that the user chooses: one as JSON, several as rows. */
  async exportFile(entries: readonly PresetEntry[]): Promise<void> {
    const [first] = entries;
    if (!first) return;
    await this.attempt(async () => {
      const suggested = entries.length === 1 ? first.name : 'Presets.npy';
      const file = await this.host.pickToSave('preset', suggested);
      if (!file) return;
      await this.app.call('presets.export', { ids: entries.map(({ id }) => id), file: file.id });
      this.notices.info(
        entries.length === 1 ? `Wrote “${file.name}”.` : `Wrote ${entries.length} presets to “${file.name}”.`,
      );
      this.host.offerDownload?.(file);
    });
  }

  // ---- learning

  /** Several that are selected, or all that are listed. */
  get selectedOrListed(): readonly PresetEntry[] {
    return this.chosen.length > 1 ? this.chosen : this.shown;
  }

  /** What the list shows, in the words of its tag or search: at least one character, at most 200. */
  get listName(): string {
    return (this.filter.tag ?? (this.query.trim() || 'My presets')).slice(0, MAX_NAME);
  }

  get canTrain(): boolean {
    return this.training === null && this.selectedOrListed.length >= LEAST_PRESETS;
  }

  /** Learns a prior from the presets that are selected or listed, and keeps it. */
  async train(): Promise<void> {
    if (!this.canTrain) return;
    const entries = this.selectedOrListed;
    await this.learn(this.listName, async () => ofLibrary(await this.rawsOf(entries.map(({ id }) => id))));
  }

  /** Learns a prior from the presets of a folder, which need not be in the library, and keeps it. */
  async trainFolder(folder: Folder): Promise<void> {
    if (this.training === null) await this.learn(nameOfFolder(folder), () => ofFolder(folder));
    else this.notices.info('One prior is learned at a time; wait for this one, or cancel it.');
  }

  private async learn(name: string, read: () => Promise<PresetsToLearn>): Promise<void> {
    const job = newJob('prior');
    const isWanted = (): boolean => this.trainingJob === job;
    this.trainingJob = job;
    this.training = { name, fraction: undefined };
    let isKept = false;
    try {
      const { count, leftOut, dimensions, ...given } = await read();
      if (!isWanted()) return;
      const learned = { job, name, ...given, dimensions: [...dimensions] };
      const { text } = await this.engine.call('prior.train', learned);
      if (!isWanted()) return;
      // From here on there is nothing to cancel.
      isKept = true;
      this.endTraining();
      const { id } = await this.app.call('priors.add', { name, text });
      this.notices.info(`Learned “${name}” from ${count.toLocaleString('en')} presets${leftOut}.`);
      this.onLearned(id);
    } catch (error) {
      if (!isKept && !isWanted()) return;
      // The connection comes back, but what was being learned does not.
      if (error instanceof CallError && error.code === 'disconnected')
        this.notices.add('error', `Learning “${name}” was interrupted; start it again.`);
      else this.notices.failure(error);
    } finally {
      if (isWanted()) this.endTraining();
    }
  }

  /** Nothing is kept of what has been learned so far. */
  cancelTraining(): void {
    const job = this.trainingJob;
    this.endTraining();
    if (job !== undefined) void this.attempt(() => this.engine.call('cancel', { job }));
  }

  private endTraining(): void {
    this.trainingJob = undefined;
    this.training = null;
  }

  private showTraining({ job, fraction }: Progress): void {
    if (job === this.trainingJob && this.training) this.training = { ...this.training, fraction };
  }

  /** Settings of those that are still there. */
  private async rawsOf(ids: readonly string[]): Promise<Float32Array[]> {
    const found: Float32Array[] = [];
    for (let from = 0; from < ids.length; from += RAWS_AT_ONCE) {
      const { raws } = await this.app.call('presets.raws', { ids: ids.slice(from, from + RAWS_AT_ONCE) });
      for (let at = 0; at < raws.length; at += PARAMETER_COUNT)
        found.push(raws.subarray(at, at + PARAMETER_COUNT));
    }
    return found;
  }

  /** Null where something went wrong, which is told. */
  private async attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.notices.failure(error);
      return null;
    }
  }
}

/** What the entry has where there are changes. */
function sameOf(entry: PresetEntry, changes: Changes): Changes {
  return Object.fromEntries(Object.keys(changes).map((key) => [key, entry[key as keyof PresetEntry]]));
}

/** What of the changes is another value than the entry has. */
function differing(entry: PresetEntry, changes: Changes): Changes {
  return Object.fromEntries(
    Object.entries(changes).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(entry[key as keyof PresetEntry]),
    ),
  );
}
