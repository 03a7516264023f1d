/** The window's state as a whole: connections, session, sources, playback, fit, dialogs, and the commands over them. */
import { getContext, setContext } from 'svelte';
import type { Backend } from '#core/backend.ts';
import {
  appContract,
  type FileKind,
  type OpenedSession,
  type RecentSession,
  type ThemeChoice,
} from '#core/protocol/app.ts';
import { audioContract } from '#core/protocol/audio.ts';
import { engineContract } from '#core/protocol/engine.ts';
import { effectSchema, type EffectId } from '#core/protocol/schemas.ts';
import { newDocument, type FileRef } from '#core/session/document.ts';
import { settleGesture } from '../components/gesture/gesture.ts';
import { openWebAudio } from '../../audio/web-audio.ts';
import { pickFolder, type Folder } from '../../host/folder.ts';
import type { Host } from '../../host/host.ts';
import { theme } from '../theme/theme.svelte.ts';
import { performInWorker } from './analysis-work.ts';
import { PresetAnalysis } from './analysis.svelte.ts';
import { BlindTest } from './blind-test.svelte.ts';
import { effectText, fittingSettings, inText } from './clipboard.ts';
import { listCommands } from './command-list.ts';
import { Commands } from './commands.ts';
import { EFFECT_NAMES } from './effect-names.ts';
import { Export } from './export.svelte.ts';
import { Fit } from './fit.svelte.ts';
import { Link } from './link.ts';
import { Notices } from './notices.svelte.ts';
import { Rack } from './rack.svelte.ts';
import { Playback } from './playback.svelte.ts';
import { Presets } from './presets.svelte.ts';
import { PriorSpace } from './prior-space.svelte.ts';
import { Session } from './session.svelte.ts';
import { Sources } from './sources.svelte.ts';

/** Which dialog is open. */
export type OpenDialog =
  | { readonly kind: 'recover'; readonly name: string; readonly savedAt: string }
  | { readonly kind: 'unsaved'; readonly proceed: () => Promise<void> }
  | { readonly kind: 'export' }
  | { readonly kind: 'shortcuts' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'blind' }
  | {
      readonly kind: 'name';
      readonly fileKind: FileKind;
      readonly suggested: string;
      readonly answer: (name: string | null) => void;
    };

/** Sound is asked for from the engine in pieces of this many samples. */
const PIECE_SAMPLES = 2 ** 18;
const HOST_RETRY_MS = 1_500;

/** Frames in which a panel that has just opened shows its fields. */
const FRAMES_TO_OPEN = 12;

/** What the waveform can be told to show. */
export interface Timeline {
  zoomIn(): void;
  zoomOut(): void;
  showAll(): void;
  showLoop(): void;
}

const KEY = Symbol('application');

export class Application {
  readonly notices = new Notices();
  readonly app: Link<typeof appContract>;
  readonly engine: Link<typeof engineContract>;
  readonly audio: Link<typeof audioContract>;
  readonly session: Session;
  readonly rack: Rack;
  readonly presets: Presets;
  readonly space: PriorSpace;
  readonly analysis: PresetAnalysis;
  readonly sources: Sources;
  readonly playback: Playback;
  readonly fit: Fit;
  readonly export: Export;
  readonly blind: BlindTest;
  readonly commands: Commands;
  dialog = $state.raw<OpenDialog | null>(null);
  recent = $state.raw<readonly RecentSession[]>([]);
  timeline = $state.raw<Timeline | null>(null);
  /** What was chosen in the palette, the latest first. */
  chosenInPalette = $state.raw<readonly string[]>([]);
  /** The effect that was copied last, as text. */
  private copied: string | null = null;
  /** False until the window can be used. */
  isReady = $state(false);

  constructor(readonly host: Host) {
    this.app = new Link(appContract, () => host.port('app'));
    this.engine = new Link(engineContract, () => host.port('engine'));
    this.audio = new Link(audioContract, () => host.port('audio'));
    this.session = new Session(this.app, this.notices);
    this.rack = new Rack(this.session);
    this.presets = new Presets(this.app, this.engine, this.session, this.notices, host);
    this.space = new PriorSpace(this.app, this.session, this.presets, this.notices);
    this.presets.onLearned = (id) => void this.space.use(id);
    this.analysis = new PresetAnalysis(
      this.app,
      this.presets,
      this.space,
      this.notices,
      host,
      performInWorker,
    );
    this.sources = new Sources(this.engine, this.session, this.notices);
    this.playback = new Playback(
      this.audio,
      this.engine,
      this.app,
      this.session,
      this.sources,
      this.notices,
      async () => openWebAudio(await host.kernels(), this.samplesOf),
    );
    this.fit = new Fit(this.engine, this.session, this.sources, this.notices);
    this.export = new Export(this.engine, this.session, this.sources, this.notices, host);
    this.blind = new BlindTest(this.engine, this.session, this.sources, this.playback, this.notices);
    this.commands = new Commands(listCommands(this), settleGesture);
    this.watchHost();
  }

  /** Makes the state known to every component below. */
  provide(): this {
    return setContext(KEY, this);
  }

  static use(): Application {
    return getContext<Application>(KEY);
  }

  /** Connects, and opens what there is to open: a crashed session, the one asked for, or the demo. */
  async start(): Promise<void> {
    await this.app.connect();
    // The children may still be starting; whatever needs them waits.
    void this.engine.connect().catch(this.failed);
    void this.audio.connect().catch(this.failed);
    const hello = await this.app.call('hello', {});
    this.playback.use(hello.settings);
    theme.use(hello.settings.theme);
    this.fit.backend = hello.settings.backend;
    for (const notice of hello.notices) this.notices.info(notice);
    this.isReady = true;
    if (hello.recovery) this.dialog = { kind: 'recover', ...hello.recovery };
    else if (hello.openAtStart) await this.openFile(hello.openAtStart);
    else {
      await this.refreshRecent();
      // Who has saved nothing yet is still getting to know it.
      if (this.recent.length === 0) await this.openDemo();
    }
    if (hello.isFirstStart)
      this.notices.info('Welcome. This is a demo: Space plays it, “Match pair” fits it while you listen.');
  }

  readonly failed = (error: unknown): void => {
    this.notices.failure(error);
  };

  /** Runs something and says what went wrong. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.failed(error);
    }
  }

  // ---- sessions

  /** Asks about unsaved changes first. */
  async leaveSession(proceed: () => Promise<void>): Promise<void> {
    if (this.session.isDirty && this.session.undoLabel !== undefined)
      this.dialog = { kind: 'unsaved', proceed };
    else await this.attempt(proceed);
  }

  private async take(opened: OpenedSession, isUnsaved = false): Promise<void> {
    if (this.playback.isPlaying) await this.playback.stop();
    this.fit.abandon();
    this.playback.reset();
    this.session.open(opened, isUnsaved);
    for (const { role, name } of opened.missing)
      this.notices.info(`The ${role} “${name}” is no longer at its place; choose it again to go on.`);
    await this.refreshRecent();
  }

  async openFile(file: FileRef): Promise<void> {
    await this.attempt(async () => {
      await this.take(await this.app.call('session.open', { file: file.id }));
    });
  }

  async openDemo(): Promise<void> {
    await this.attempt(async () => {
      await this.take(await this.app.call('session.openDemo', {}));
    });
  }

  async openRecent(id: string): Promise<void> {
    await this.attempt(async () => {
      await this.take(await this.app.call('session.openRecent', { id }));
    });
  }

  async newSession(): Promise<void> {
    await this.take({ document: newDocument(), file: null, missing: [] });
  }

  async recover(): Promise<void> {
    this.dialog = null;
    await this.attempt(async () => {
      await this.take(await this.app.call('session.recover', {}), true);
    });
  }

  async discardRecovery(): Promise<void> {
    this.dialog = null;
    await this.attempt(async () => {
      await this.app.call('session.forgetKept', {});
      await this.openDemo();
    });
  }

  /** False when the user did not choose a place. */
  async save(asNew = false): Promise<boolean> {
    const { session, host } = this;
    try {
      const file = (asNew ? null : session.file) ?? (await host.pickToSave('session', session.document.name));
      if (!file) return false;
      await session.save(file);
      this.notices.info(`Saved “${file.name}”.`);
      await this.refreshRecent();
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  async refreshRecent(): Promise<void> {
    await this.attempt(async () => {
      this.recent = (await this.app.call('recent.list', {})).sessions;
    });
  }

  /** Files that were dropped: a session, a preset, or one or two recordings. */
  async drop(files: readonly File[], role?: 'dry' | 'target'): Promise<void> {
    await this.attempt(async () => {
      const [first, second] = files;
      if (!first) return;
      if (/\.voxfit$/i.test(first.name)) {
        const file = await this.host.fileOf(first);
        await this.leaveSession(() => this.openFile(file));
        return;
      }
      if (/\.(json|npy)$/i.test(first.name)) {
        await this.loadPreset(await this.host.fileOf(first));
        return;
      }
      const firstRole = role ?? (this.session.document.sources.dry ? 'target' : 'dry');
      this.sources.choose(second ? 'dry' : firstRole, await this.host.fileOf(first));
      if (second) this.sources.choose('target', await this.host.fileOf(second));
    });
  }

  async pickSource(role: 'dry' | 'target'): Promise<void> {
    await this.attempt(async () => {
      const file = await this.host.pickToOpen('audio');
      if (file) this.sources.choose(role, file);
    });
  }

  async loadPreset(given?: FileRef): Promise<void> {
    await this.attempt(async () => {
      const file = given ?? (await this.host.pickToOpen('preset'));
      if (!file) return;
      const { name, raw } = await this.app.call('preset.read', { file: file.id });
      this.session.setSetting(`Load “${name}”`, raw);
    });
  }

  async savePreset(): Promise<void> {
    await this.attempt(async () => {
      const { session, host } = this;
      const file = await host.pickToSave('preset', session.document.name);
      if (!file) return;
      await this.app.call('preset.write', { file: file.id, name: session.document.name, raw: session.heard });
      this.notices.info(`Saved the preset “${file.name}”.`);
      host.offerDownload?.(file);
    });
  }

  /** Learns a prior from a folder of presets, and shows its map. */
  async learnFromFolder(given?: Folder): Promise<void> {
    await this.attempt(async () => {
      const folder = given ?? (await pickFolder());
      if (!folder) return;
      this.rack.isBrowsing = true;
      await this.presets.trainFolder(folder);
    });
  }

  // ---- effects

  /** The effect that has the focus, or else the one that is open. */
  get effectInHand(): EffectId {
    const focused = document.activeElement?.closest<HTMLElement>('[data-effect]')?.dataset['effect'];
    const effect = effectSchema.safeParse(focused);
    return effect.success ? effect.data : this.rack.shown;
  }

  /** An effect's settings as text, which is also kept for where the system's clipboard cannot be read. */
  textToCopy(effect = this.effectInHand): string {
    this.copied = effectText(effect, this.session.raw);
    this.notices.info(`Copied the settings of ${inText(effect)}.`);
    return this.copied;
  }

  /** Onto the system's clipboard, where that may be written. */
  async copyEffect(effect = this.effectInHand): Promise<void> {
    const text = this.textToCopy(effect);
    await navigator.clipboard.writeText(text).catch(() => undefined);
  }

  /** From the system's clipboard where that may be read, or else what was copied here last. */
  async pasteEffect(effect = this.effectInHand): Promise<void> {
    const text = await navigator.clipboard.readText().catch(() => '');
    this.pasteText(text === '' ? this.copied : text, effect);
  }

  /** One undo step, or one sentence on why the text does not fit. */
  pasteText(text: string | null, effect = this.effectInHand): void {
    const settings = fittingSettings(text, effect);
    if (typeof settings === 'string') {
      this.notices.info(settings);
      return;
    }
    this.session.beginSetting(`Paste ${EFFECT_NAMES[effect]}`);
    this.session.showParameters(settings.entries);
    this.session.commit();
  }

  /** Opens a parameter's panel, unfolds what it lies in, and puts the focus into its number. */
  async openParameter(id: string): Promise<void> {
    this.rack.want(id);
    for (let frame = 0; frame < FRAMES_TO_OPEN; frame++) {
      await new Promise(requestAnimationFrame);
      const panel = document.querySelector<HTMLElement>(`[data-testid="panel-${this.rack.shown}"]`);
      const find = (part: string): HTMLElement | null | undefined =>
        panel?.querySelector<HTMLElement>(`[data-testid="${part}-${id}"]`);
      const field = find('number');
      if (field) {
        field.scrollIntoView({ block: 'nearest' });
        field.focus();
        return;
      }
      // One number serves a whole table; it is that of the control which has the focus.
      find('knob')?.focus();
    }
  }

  // ---- look

  get theme(): ThemeChoice {
    return theme.choice;
  }

  async chooseTheme(choice: ThemeChoice): Promise<void> {
    theme.use(choice);
    await this.attempt(async () => {
      await this.app.call('settings.change', { theme: choice });
    });
  }

  // ---- fit

  async chooseBackend(choice: Backend): Promise<void> {
    this.fit.backend = choice;
    await this.attempt(async () => {
      await this.app.call('settings.change', { backend: choice });
    });
  }

  /** Asks for the name of a new file, where the host has no dialog of its own. */
  askName(fileKind: FileKind, suggested: string): Promise<string | null> {
    return new Promise((resolve) => {
      this.dialog = {
        kind: 'name',
        fileKind,
        suggested,
        answer: (name) => {
          this.dialog = null;
          resolve(name);
        },
      };
    });
  }

  /** Everything that must survive is with the host. */
  leave(): void {
    if (this.session.isDirty) void this.session.keepNow();
    else void this.app.call('goodbye', {}).catch(() => undefined);
  }

  private readonly samplesOf = async (
    cache: string,
    channels: number,
    lengthSamples: number,
  ): Promise<Float32Array[]> => {
    const sound = Array.from({ length: channels }, () => new Float32Array(lengthSamples));
    for (let from = 0; from < lengthSamples; from += PIECE_SAMPLES) {
      const to = Math.min(from + PIECE_SAMPLES, lengthSamples);
      const piece = await this.engine.call('playback.samples', { cache, from, to });
      sound.forEach((channel, c) => {
        channel.set(piece.channels[c]!, from);
      });
    }
    return sound;
  };

  private watchHost(): void {
    this.app.on('child', ({ child, state, message }) => {
      if (state === 'down') this.notices.info(message);
      else if (child === 'engine') void this.engine.connect().catch(this.failed);
      else void this.audio.connect().catch(this.failed);
    });
    this.app.on('session.requested', ({ file }) => {
      void this.leaveSession(() => this.openFile(file));
    });
    this.app.on('command', ({ command }) => {
      if (this.commands.has(command)) this.commands.run(command);
    });
    this.app.onLoss(() => {
      this.notices.add(
        'error',
        'Voxfit’s own program has ended; start it again and open the link that it prints.',
      );
      const retry = (): void => {
        this.app.connect().catch(() => setTimeout(retry, HOST_RETRY_MS));
      };
      setTimeout(retry, HOST_RETRY_MS);
    });
  }
}
