/**
 * The session that is open: the document with its undo history, the file it belongs to, and the recovery file that is
 * never more than two seconds behind.
 */
import { applyAmounts, bakeSetting, FULL_AMOUNTS, silentEffects, type Amounts } from '#core/chain/amount.ts';
import { CHAIN_PARAMETERS, neutralRaw, parametersUnder } from '#core/chain/parameters.ts';
import type { appContract, OpenedSession } from '#core/protocol/app.ts';
import type { Bypassable, EffectId } from '#core/protocol/schemas.ts';
import { newDocument, SLOTS, type FileRef, type SessionDocument, type Slot } from '#core/session/document.ts';
import { EFFECT_NAMES } from './effect-names.ts';
import { History } from './history.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';

const KEEP_AFTER_MS = 800;

/** What is heard instead of the setting. */
export interface Audition {
  readonly raw: Float64Array;
  readonly silenced: readonly Bypassable[];
}

export type SaveState = 'saved' | 'unsaved' | 'saving' | 'untouched';

export class Session {
  document = $state.raw<SessionDocument>(newDocument());
  file = $state.raw<FileRef | null>(null);
  missing = $state.raw<OpenedSession['missing']>([]);
  /** A fit's best so far while it is heard and shown; not part of the document. */
  preview = $state.raw<Float64Array | null>(null);
  /** What a blind test lets hear; neither shown nor part of the document. */
  audition = $state.raw<Audition | null>(null);
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
  /** The setting that is shown: a running fit's best, or the active slot's. */
  readonly raw = $derived(this.preview ?? this.stored);
  /** What of it is heard, as far as the amounts let it; a running fit is heard as it is. */
  readonly heard = $derived(
    this.audition?.raw ?? this.preview ?? applyAmounts(this.stored, this.document.amounts),
  );
  /** What does nothing to the sound: bypassed by hand, or with an amount of 0 %. */
  readonly silenced: readonly Bypassable[] = $derived.by(() => {
    const { bypassed, amounts } = this.document;
    if (this.audition) return this.audition.silenced;
    if (this.preview) return bypassed;
    return [...bypassed, ...silentEffects(amounts).filter((effect) => !bypassed.includes(effect))];
  });
  // Made anew with every document, never changed.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly locked: ReadonlySet<string> = $derived(new Set(this.document.locked));
  /** Slots that hold a setting, in order. */
  readonly filledSlots: readonly Slot[] = $derived(
    SLOTS.filter((slot) => this.document.slots[slot] !== null),
  );
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
    this.audition = null;
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

  /** Within a gesture: new raw values by their places. */
  showParameters(entries: readonly (readonly [index: number, value: number])[]): void {
    const raw = this.stored.slice();
    for (const [index, value] of entries) raw[index] = value;
    this.show({ slots: this.slotsWith(raw) });
  }

  /** Within a gesture: another setting altogether. */
  showSetting(raw: ArrayLike<number>): void {
    this.show({ slots: this.slotsWith(raw) });
  }

  /** Within a gesture. */
  showAmount(of: keyof Amounts, percent: number): void {
    this.show({ amounts: { ...this.document.amounts, [of]: percent } });
  }

  setAmounts(label: string, amounts: Partial<Amounts>): void {
    this.edit(label, { amounts: { ...this.document.amounts, ...amounts } });
  }

  get hasFullAmounts(): boolean {
    return Object.values(this.document.amounts).every((percent) => percent === 100);
  }

  /** Makes what is heard the setting of every slot, at 100 %; the sound stays. */
  bakeAmounts(): void {
    const { amounts, slots } = this.document;
    const bake = (setting: number[]): number[] =>
      Array.from(bakeSetting(Float64Array.from(setting), amounts));
    this.preview = null;
    this.edit('Apply amount', {
      amounts: FULL_AMOUNTS,
      // What no parameter can say: an EQ without its passes.
      bypassed: [...this.silenced],
      slots: {
        A: bake(slots.A),
        B: slots.B && bake(slots.B),
        C: slots.C && bake(slots.C),
        D: slots.D && bake(slots.D),
      },
    });
  }

  showPreview(raw: Float64Array | null): void {
    this.preview = raw;
    this.notify();
  }

  listenTo(audition: Audition | null): void {
    this.audition = audition;
    this.notify();
  }

  resetEffect(effect: EffectId, label = 'Reset effect'): void {
    const raw = this.raw.slice();
    const neutral = neutralRaw();
    for (const index of parametersUnder(effect)) raw[index] = neutral[index]!;
    this.setSetting(label, raw);
  }

  toggleBypass(effect: Bypassable): void {
    const { bypassed } = this.document;
    const name = Object.hasOwn(EFFECT_NAMES, effect) ? EFFECT_NAMES[effect as EffectId] : 'band';
    this.edit(`${bypassed.includes(effect) ? 'Switch on' : 'Bypass'} ${name}`, {
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
    if (slot === this.document.active) return;
    this.edit(`Copy to slot ${slot}`, {
      slots: { ...this.document.slots, [slot]: Array.from(this.raw) },
    });
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
