/**
 * The user's library of presets: read when it is first needed and kept up to date with its folder; searched, heard,
 * noted on, brought in and out. What goes wrong is told as a notice; nothing here rejects.
 */
import { CHAIN_PARAMETERS, parametersUnder } from '#core/chain/parameters.ts';
import type { appContract } from '#core/protocol/app.ts';
import { CallError, type Payload } from '#core/protocol/contract.ts';
import type { engineContract } from '#core/protocol/engine.ts';
import type { PresetEntry, PresetOrigin } from '#core/protocol/preset-library.ts';
import type { FileRef } from '#core/session/document.ts';
import type { Host } from '../../host/host.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import { byName, findPresets, haystackOf, inOrder, NO_FILTER, type PresetOrder } from './preset-search.ts';
import { NO_RAWS, rawsOfEntries, staleEntries, withRaws, type Raws } from './presets-raws.ts';
import type { Session } from './session.svelte.ts';

/** A new name, or new notes. */
type Changes = Partial<Pick<PresetEntry, 'name' | 'tags' | 'isFavourite' | 'rating' | 'notes'>>;
type Progress = Payload<typeof engineContract, 'progress'>;

const PARAMETER_COUNT = CHAIN_PARAMETERS.length;
/** Settings that are asked for in one call: some megabytes. */
const RAWS_AT_ONCE = 4_000;
/** A run through the list with the arrow keys is heard where it pauses. */
const AUDITION_AFTER_MS = 120;
const UNDO_TRASH_MS = 20_000;
const LEAST_TO_LEARN = 3;
/** Problems of an import that are told one by one. */
const MOST_PROBLEMS = 2;

export class Presets {
  /** By name. */
  entries = $state.raw<readonly PresetEntry[]>([]);
  /** 151 raw values by id, for pictures; exact ones come with {@link audition}. */
  raws = $state.raw<Raws>(NO_RAWS);
  phase = $state.raw<'unread' | 'reading' | 'ready' | 'failed'>('unread');
  /** Why it could not be read. */
  problem = $state.raw('');
  folder = $state.raw('');
  /** Files of the folder that are no presets. */
  unreadable = $state.raw(0);
  selected = $state.raw<string | null>(null);
  query = $state('');
  filter = $state.raw(NO_FILTER);
  order = $state.raw<PresetOrder>('name');
  /** Whether a preset that is selected in the list is heard at once. */
  isHeardAtOnce = $state(true);
  /** What undo brings back from the trash, while it is offered. */
  trashed = $state.raw<readonly PresetEntry[]>([]);
  /** The prior that is being learned. */
  training = $state.raw<{ readonly fraction: number | undefined } | null>(null);

  private readonly ordered = $derived(inOrder(this.entries, this.order));
  /** What search and filters leave, in order. */
  readonly shown: readonly PresetEntry[] = $derived(findPresets(this.ordered, this.query, this.filter));
  readonly selectedEntry = $derived(this.entries.find(({ id }) => id === this.selected) ?? null);

  private refreshing: Promise<void> | undefined;
  private isRefreshDue = false;
  private lastAudition = 0;
  private auditionTimer: ReturnType<typeof setTimeout> | undefined;
  private trashTimer: ReturnType<typeof setTimeout> | undefined;
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
      this.isRefreshDue = false;
      if (this.phase !== 'ready') this.phase = 'reading';
      try {
        const { folder, entries, unreadable } = await this.app.call('presets.list', {});
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
    for (let from = 0; from < stale.length; from += RAWS_AT_ONCE) {
      const ids = stale.slice(from, from + RAWS_AT_ONCE).map(({ id }) => id);
      const { raws } = await this.app.call('presets.raws', { ids });
      this.raws = withRaws(this.raws, ids, raws);
    }
  }

  private take(entries: readonly PresetEntry[]): void {
    this.entries = [...entries].sort(byName);
    this.raws = rawsOfEntries(this.raws, entries);
    if (!entries.some(({ id }) => id === this.selected)) this.selected = null;
  }

  /** Puts an entry in, in place of the one that had the id `before`. */
  private put(entry: PresetEntry, raw?: Float32Array, before = entry.id): void {
    // Otherwise it comes with the rest.
    if (this.phase !== 'ready') return;
    if (raw) this.raws = withRaws(this.raws, [entry.id], raw);
    const wasSelected = this.selected === before;
    this.take([...this.entries.filter(({ id }) => id !== before && id !== entry.id), entry]);
    if (wasSelected) this.selected = entry.id;
  }

  // ---- choosing and hearing

  select(id: string | null): void {
    this.selected = id;
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
    this.selected = id;
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

  /** Shows what is selected, whatever search and filters had left. */
  private reveal(id: string): void {
    this.selected = id;
    if (this.shown.some((entry) => entry.id === id)) return;
    this.query = '';
    this.filter = NO_FILTER;
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
      this.put(entry, Float32Array.from(setting));
      this.reveal(entry.id);
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
    const before = this.entries.find((entry) => entry.id === id);
    if (!before) return;
    const news = differing(before, changes);
    if (Object.keys(news).length === 0) return;
    // The window need not wait for the disk.
    this.put({ ...before, ...news });
    const done = await this.attempt(async () => {
      const entry = await this.app.call('presets.change', { id, ...news });
      this.put(entry, this.raws.get(id), id);
      return true;
    });
    if (!done) await this.refresh();
  }

  async duplicate(id: string): Promise<void> {
    await this.attempt(async () => {
      const entry = await this.app.call('presets.duplicate', { id });
      this.put(entry, this.raws.get(id));
      this.reveal(entry.id);
    });
  }

  /** Into the folder's trash; {@link undoTrash} brings it back. */
  async trash(id: string): Promise<void> {
    const entry = this.entries.find((candidate) => candidate.id === id);
    if (!entry) return;
    const at = this.shown.indexOf(entry);
    const neighbour = at < 0 ? undefined : (this.shown[at + 1] ?? this.shown[at - 1]);
    await this.attempt(async () => {
      await this.app.call('presets.trash', { ids: [id] });
      const wasSelected = this.selected === id;
      this.take(this.entries.filter((candidate) => candidate.id !== id));
      if (wasSelected && neighbour) this.selected = neighbour.id;
      this.trashed = [...this.trashed, entry];
      clearTimeout(this.trashTimer);
      this.trashTimer = setTimeout(() => {
        this.forgetTrashed();
      }, UNDO_TRASH_MS);
    });
  }

  /** Brings back what was trashed while undo was offered. */
  async undoTrash(): Promise<void> {
    const ids = this.trashed.map(({ id }) => id);
    if (ids.length === 0) return;
    this.forgetTrashed();
    await this.attempt(async () => {
      const { entries } = await this.app.call('presets.restore', { ids });
      await this.refresh();
      const last = entries.at(-1);
      if (last) this.reveal(last.id);
    });
  }

  forgetTrashed(): void {
    clearTimeout(this.trashTimer);
    this.trashed = [];
  }

  // ---- in and out

  /** Copies presets in from files that were picked or dropped. */
  async importFiles(files: readonly File[]): Promise<void> {
    await this.attempt(async () => {
      const fitting = files.filter(({ name }) => /\.(json|npy)$/i.test(name));
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
      this.reveal(first.id);
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

  get canTrain(): boolean {
    return this.training === null && this.shown.length >= LEAST_TO_LEARN;
  }

  /** Learns a prior from the presets that are listed, and keeps it. True when there is a new one. */
  async train(): Promise<boolean> {
    if (!this.canTrain) return false;
    const entries = this.shown;
    const name = this.filter.tag ?? (this.query.trim() === '' ? 'My presets' : this.query.trim());
    const job = newJob('prior');
    this.trainingJob = job;
    this.training = { fraction: undefined };
    try {
      const raws = await this.rawsOf(entries.map(({ id }) => id));
      // Cancelled before it began.
      if (this.trainingJob !== job) return false;
      const { text } = await this.engine.call('prior.train', { job, name, raws });
      await this.app.call('priors.add', { name, text });
      this.notices.info(`Learned “${name}” from ${entries.length} presets; the map can show it now.`);
      return true;
    } catch (error) {
      this.notices.failure(error);
      return false;
    } finally {
      this.trainingJob = undefined;
      this.training = null;
    }
  }

  cancelTraining(): void {
    const job = this.trainingJob;
    this.trainingJob = undefined;
    if (job !== undefined) void this.attempt(() => this.engine.call('cancel', { job }));
  }

  private showTraining({ job, fraction }: Progress): void {
    if (job === this.trainingJob) this.training = { fraction };
  }

  /** Settings one after another. */
  private async rawsOf(ids: readonly string[]): Promise<Float64Array> {
    const all = new Float64Array(ids.length * PARAMETER_COUNT);
    for (let from = 0; from < ids.length; from += RAWS_AT_ONCE) {
      const some = ids.slice(from, from + RAWS_AT_ONCE);
      all.set((await this.app.call('presets.raws', { ids: some })).raws, from * PARAMETER_COUNT);
    }
    return all;
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

/** What of the changes is another value than the entry has. */
function differing(entry: PresetEntry, changes: Changes): Changes {
  return Object.fromEntries(
    Object.entries(changes).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(entry[key as keyof PresetEntry]),
    ),
  );
}
