/**
 * Everything a user can do by name: one table behind the menus, the toolbar, the shortcuts, the palette and the native
 * menus. A shortcut is written `Mod+Shift+Z`, where Mod is Ctrl, or Cmd on a Mac.
 */

/** Where a command stands in menus, in the palette and on the sheet of shortcuts. */
export const COMMAND_GROUPS = [
  'Session',
  'Edit',
  'Play',
  'Listen',
  'Slots',
  'Rack',
  'Fit',
  'View',
  'Help',
] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

/**
 * What undo makes of a command: one step; nothing, as the document stays as it is; or it goes through the steps itself
 * (undo, save, another session). Only commands that undo has nothing to do with leave a gesture in hand alone: Space
 * plays while a knob is being turned.
 */
export type UndoPolicy = 'step' | 'none' | 'history';

export interface Command {
  /** Frozen once released: native menus name it. */
  readonly id: string;
  readonly group: CommandGroup;
  readonly name: string;
  /** One sentence on what it does to the sound or the session. */
  readonly help?: string | undefined;
  readonly shortcuts: readonly string[];
  /** True where its keys come as events of their own: those of the system's clipboard. */
  readonly hasSystemKeys?: boolean | undefined;
  readonly undo: UndoPolicy;
  readonly isEnabled: () => boolean;
  /** For one that is on or off. */
  readonly isChecked?: (() => boolean) | undefined;
  readonly run: () => void | Promise<void>;
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** How a key event would be written as a shortcut. */
export function shortcutOf(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>,
): string {
  const isMod = isMac ? event.metaKey : event.ctrlKey;
  // Alt makes other characters of letters and digits on some systems.
  const physical = event.altKey ? /^(?:Key|Digit)(.)$/.exec(event.code)?.[1] : undefined;
  const key =
    physical ?? (event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key);
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

/** Keys that mean the same while a number is being typed. */
const KEYS_WHILE_TYPING = ['Mod+S', 'Mod+Shift+S', 'Mod+E', 'Mod+O', 'Mod+K'];

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

  /** Throws a RangeError for an unknown id. */
  get(id: string): Command {
    const command = this.list.find((entry) => entry.id === id);
    if (!command) throw new RangeError(`No command is called “${id}”.`);
    return command;
  }

  has(id: string): boolean {
    return this.list.some((entry) => entry.id === id);
  }

  /** Its first shortcut as a person reads it. */
  shortcut(id: string): string | undefined {
    const [shortcut] = this.get(id).shortcuts;
    return shortcut === undefined ? undefined : shortcutText(shortcut);
  }

  /** Nothing happens where it is not enabled. */
  run(id: string): void {
    const command = this.get(id);
    if (command.undo !== 'none') this.settle();
    if (command.isEnabled()) void command.run();
  }

  /** Runs the command of a key; true if there was one. */
  handleKey(event: KeyboardEvent): boolean {
    if (event.defaultPrevented) return false;
    const shortcut = shortcutOf(event);
    if (isTyping(event.target) && !KEYS_WHILE_TYPING.includes(shortcut)) return false;
    if (isOwnKey(shortcut, event.target)) return false;
    if (document.querySelector('dialog[open]')) return false;
    const command = this.list.find(
      ({ shortcuts, hasSystemKeys }) => !hasSystemKeys && shortcuts.includes(shortcut),
    );
    if (!command) return false;
    event.preventDefault();
    this.run(command.id);
    return true;
  }
}
