/**
 * The session that is open: the document with its undo history, the file it belongs to, and the recovery file that is
 * never more than two seconds behind.
 */
import { CHAIN_PARAMETERS, neutralRaw, parametersUnder } from '#core/chain/parameters.ts';
import type { appContract, OpenedSession } from '#core/protocol/app.ts';
import type { EffectId } from '#core/protocol/schemas.ts';
import { newDocument, type FileRef, type SessionDocument, type Slot } from '#core/session/document.ts';
import { History } from './history.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';

const KEEP_AFTER_MS = 800;

export type SaveState = 'saved' | 'unsaved' | 'saving' | 'untouched';

export class Session {
  document = $state.raw<SessionDocument>(newDocument());
  file = $state.raw<FileRef | null>(null);
  missing = $state.raw<OpenedSession['missing']>([]);
  /** A fit's best so far while it is heard and shown; not part of the document. */
  preview = $state.raw<Float64Array | null>(null);
  undoLabel = $state.raw<string | undefined>(undefined);
  redoLabel = $state.raw<string | undefined>(undefined);
  private isSaving = $state(false);
  private savedDocument = $state.raw<SessionDocument | null>(null);
  private history = new History<SessionDocument>(this.document);
  private keepTimer: ReturnType<typeof setTimeout> | undefined;
  private keptDocument: SessionDocument | null = null;
  private readonly changeListeners: (() => void)[] = [];

  constructor(
    private readonly app: Link<typeof appContract>,
    private readonly notices: Notices,
  ) {}

  /** The setting in the active slot. */
  readonly stored = $derived(Float64Array.from(this.document.slots[this.document.active] ?? neutralRaw()));
  /** The setting that is shown and heard: a running fit's best, or the active slot's. */
  readonly raw = $derived(this.preview ?? this.stored);
  // Made anew with every document, never changed.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly locked: ReadonlySet<string> = $derived(new Set(this.document.locked));
  readonly saveState: SaveState = $derived.by(() => {
    if (this.isSaving) return 'saving';
    if (this.savedDocument === this.document) return this.file ? 'saved' : 'untouched';
    return 'unsaved';
  });

  get isDirty(): boolean {
    return this.savedDocument !== this.document;
  }

  /** Called after every change of document or preview. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  /** Replaces everything by a session that was opened, or a new one. */
  open({ document, file, missing }: OpenedSession, isUnsaved = false): void {
    this.history = new History(document);
    this.file = file;
    this.missing = missing;
    this.preview = null;
    this.savedDocument = isUnsaved ? null : document;
    this.keptDocument = document;
    this.changed();
  }

  edit(label: string, change: Partial<SessionDocument>): void {
    this.history.edit(label, { ...this.history.value, ...change });
    this.changed();
  }

  begin(label: string): void {
    this.history.begin(label);
  }

  /** Inside a gesture. */
  show(change: Partial<SessionDocument>): void {
    this.history.show({ ...this.history.value, ...change });
    this.changed();
  }

  commit(): void {
    this.history.commit();
    this.changed();
  }

  cancel(): void {
    this.history.cancel();
    this.changed();
  }

  undo(): void {
    this.preview = null;
    this.history.undo();
    this.changed();
  }

  redo(): void {
    this.preview = null;
    this.history.redo();
    this.changed();
  }

  /** A part of the document that opening a fit or a file changes without being an undo step. */
  note(change: Partial<SessionDocument>): void {
    this.history.show({ ...this.history.value, ...change });
    this.changed();
  }

  /** Slots of a document with another setting in the active one. */
  private slotsWith(raw: ArrayLike<number>): SessionDocument['slots'] {
    const { active, slots } = this.history.value;
    return { ...slots, [active]: Array.from(raw) };
  }

  setSetting(label: string, raw: ArrayLike<number>, more: Partial<SessionDocument> = {}): void {
    this.preview = null;
    this.edit(label, { ...more, slots: this.slotsWith(raw) });
  }

  /** Begins to turn a control; what a fit shows becomes the user's own first. */
  beginSetting(label: string): void {
    this.history.begin(label);
    if (!this.preview) return;
    const raw = this.preview;
    this.preview = null;
    this.show({ slots: this.slotsWith(raw) });
  }

  showParameter(index: number, value: number): void {
    const raw = this.stored.slice();
    raw[index] = value;
    this.show({ slots: this.slotsWith(raw) });
  }

  showPreview(raw: Float64Array | null): void {
    this.preview = raw;
    this.notify();
  }

  resetEffect(effect: EffectId): void {
    const raw = this.raw.slice();
    const neutral = neutralRaw();
    const ids =
      effect === 'delay'
        ? [...parametersUnder('delay'), ...parametersUnder('send')]
        : parametersUnder(effect);
    for (const index of ids) raw[index] = neutral[index]!;
    this.setSetting('Reset effect', raw);
  }

  toggleBypass(effect: EffectId): void {
    const { bypassed } = this.document;
    this.edit('Bypass', {
      bypassed: bypassed.includes(effect) ? bypassed.filter((id) => id !== effect) : [...bypassed, effect],
    });
  }

  setLocked(ids: readonly string[], isLocked: boolean): void {
    const { locked } = this.document;
    this.edit(isLocked ? 'Lock' : 'Unlock', {
      locked: CHAIN_PARAMETERS.map(({ id }) => id).filter((id) =>
        ids.includes(id) ? isLocked : locked.includes(id),
      ),
    });
  }

  /** Goes to a slot; an empty one starts as a copy of the present. */
  chooseSlot(slot: Slot): void {
    const { active, slots } = this.document;
    if (slot === active) return;
    const setting = slots[slot] ?? Array.from(this.raw);
    this.preview = null;
    this.edit(`Slot ${slot}`, { active: slot, slots: { ...slots, [slot]: setting } });
  }

  copyToSlot(slot: Slot): void {
    this.edit(`Copy to ${slot}`, { slots: { ...this.document.slots, [slot]: Array.from(this.raw) } });
  }

  /** Writes the session to a file, or to its own. Rejects with a CallError. */
  async save(file: FileRef): Promise<void> {
    this.commit();
    const before = this.history.value;
    const document = { ...before, name: nameOf(file) };
    this.isSaving = true;
    try {
      const { file: saved } = await this.app.call('session.save', { document, file: file.id });
      // Saving is no step of its own; what was changed meanwhile stays unsaved.
      const isUnchanged = this.history.value === before;
      this.note({ name: document.name });
      this.savedDocument = isUnchanged ? this.document : document;
      this.keptDocument = this.savedDocument;
      clearTimeout(this.keepTimer);
      this.keepTimer = undefined;
      this.file = saved;
      await this.app.call('session.forgetKept', {});
    } finally {
      this.isSaving = false;
    }
  }

  /** Brings the recovery file up to date now. */
  async keepNow(): Promise<void> {
    clearTimeout(this.keepTimer);
    this.keepTimer = undefined;
    const { document } = this;
    if (document === this.keptDocument) return;
    this.keptDocument = document;
    try {
      if (this.isDirty) await this.app.call('session.keep', { document, file: this.file?.id ?? null });
      else await this.app.call('session.forgetKept', {});
    } catch (error) {
      this.keptDocument = null;
      this.notices.failure(error);
    }
  }

  private changed(): void {
    const { history } = this;
    this.document = history.value;
    this.undoLabel = history.undoLabel;
    this.redoLabel = history.redoLabel;
    if (this.document !== this.keptDocument)
      this.keepTimer ??= setTimeout(() => void this.keepNow(), KEEP_AFTER_MS);
    this.notify();
  }

  private notify(): void {
    this.changeListeners.forEach((listener) => {
      listener();
    });
  }
}

function nameOf(file: FileRef): string {
  return file.name.replace(/\.voxfit$/i, '');
}
