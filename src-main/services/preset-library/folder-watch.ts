/** Notices that files of a folder come, go or change, by whatever program; also while there is no such folder yet. */
import { statSync, watch, type FSWatcher } from 'node:fs';

/** Programs write many files at once, and one file in several steps. */
const PAUSE_MS = 200;
/** Where the system does not tell. */
const POLL_MS = 3000;

export class FolderWatch {
  private watcher: FSWatcher | undefined;
  /** Tells the folder from another one that took its place. */
  private watched: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private poll: NodeJS.Timeout | undefined;
  private isOn = false;

  /** @param onChange also called when nothing has changed: whoever listens looks for themselves */
  constructor(
    private readonly folder: string,
    private readonly onChange: () => void,
  ) {}

  /** Never keeps the process alive. */
  start(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.attach();
  }

  stop(): void {
    this.isOn = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.detach();
  }

  private attach(): void {
    try {
      this.watched = statSync(this.folder).ino;
      this.watcher = watch(this.folder, { persistent: false }, () => {
        this.soon();
      });
      this.watcher.on('error', () => {
        this.detach();
        this.startPolling();
      });
    } catch {
      this.startPolling();
    }
  }

  private detach(): void {
    this.watcher?.close();
    this.watcher = undefined;
    clearInterval(this.poll);
    this.poll = undefined;
  }

  private startPolling(): void {
    if (!this.isOn) return;
    this.poll ??= setInterval(() => {
      this.look();
    }, POLL_MS).unref();
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.look();
    }, PAUSE_MS).unref();
  }

  private look(): void {
    if (!this.isOn) return;
    const found = statSync(this.folder, { throwIfNoEntry: false })?.ino;
    if (!this.watcher || found !== this.watched) {
      this.detach();
      this.attach();
    }
    this.onChange();
  }
}
