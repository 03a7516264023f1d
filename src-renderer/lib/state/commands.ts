/**
 * Everything a user can do by name: one table behind the menu, the toolbar, the shortcuts and the native menus. A shortcut
 * is written `Mod+Shift+Z`, where Mod is Ctrl, or Cmd on a Mac.
 */
export interface Command {
  readonly id: string;
  readonly name: string;
  readonly shortcuts: readonly string[];
  readonly isEnabled: () => boolean;
  readonly run: () => void | Promise<void>;
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** How a key event would be written as a shortcut. */
export function shortcutOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>,
): string {
  const isMod = isMac ? event.metaKey : event.ctrlKey;
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  // The shifted character says it all: “?” is not “Shift+?”.
  const isShiftShown = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  return [isMod && 'Mod', event.altKey && 'Alt', isShiftShown && 'Shift', key].filter(Boolean).join('+');
}

/** As a person reads it: `Ctrl+Z`, `⌘Z`. */
export function shortcutText(shortcut: string): string {
  return isMac
    ? shortcut.replace('Mod+', '⌘').replace('Shift+', '⇧').replace('Alt+', '⌥')
    : shortcut.replace('Mod', 'Ctrl');
}

/** Where keys belong to the text being typed. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'range', 'button'].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement;
}

/** Where Space and letters already mean something to the focused control. */
function isOwnKey(shortcut: string, target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLSelectElement) return !shortcut.includes('Mod');
  return shortcut === 'Space' && (target instanceof HTMLButtonElement || target.tagName === 'SUMMARY');
}

export class Commands {
  constructor(
    readonly list: readonly Command[],
    /** Ends what the hand is in the middle of, so that a command finds everything settled. */
    private readonly settle: () => void,
  ) {}

  get(id: string): Command {
    const command = this.list.find((entry) => entry.id === id);
    if (!command) throw new RangeError(`No command is called “${id}”.`);
    return command;
  }

  has(id: string): boolean {
    return this.list.some((entry) => entry.id === id);
  }

  run(id: string): void {
    this.settle();
    const command = this.get(id);
    if (command.isEnabled()) void command.run();
  }

  /** Runs the command of a key; true if there was one. */
  handleKey(event: KeyboardEvent): boolean {
    if (event.defaultPrevented) return false;
    const shortcut = shortcutOf(event);
    const isTypingNow = isTyping(event.target);
    if (isTypingNow && !['Mod+S', 'Mod+Shift+S', 'Mod+E', 'Mod+O'].includes(shortcut)) return false;
    if (isOwnKey(shortcut, event.target)) return false;
    if (document.querySelector('dialog[open]')) return false;
    const command = this.list.find((entry) => entry.shortcuts.includes(shortcut));
    if (!command) return false;
    event.preventDefault();
    this.run(command.id);
    return true;
  }
}
