/** One-line messages to the user, newest last; each stays until it is dismissed or its time is over. */
import { CallError } from '#core/protocol/contract.ts';
import { UserError } from '#core/errors.ts';

export type NoticeKind = 'info' | 'error';

export interface Notice {
  readonly id: number;
  readonly kind: NoticeKind;
  readonly text: string;
}

const INFO_MS = 7_000;
const ERROR_MS = 20_000;
const MOST = 4;

export class Notices {
  list = $state.raw<readonly Notice[]>([]);
  private lastId = 0;

  add(kind: NoticeKind, text: string): void {
    // The same sentence again replaces the old one.
    const others = this.list.filter((notice) => notice.text !== text);
    const id = ++this.lastId;
    this.list = [...others, { id, kind, text }].slice(-MOST);
    setTimeout(
      () => {
        this.dismiss(id);
      },
      kind === 'error' ? ERROR_MS : INFO_MS,
    );
  }

  info(text: string): void {
    this.add('info', text);
  }

  /** Says what went wrong; nothing for what the user interrupted and for a connection that is being restored. */
  failure(error: unknown): void {
    if (error instanceof CallError && (error.code === 'interrupted' || error.code === 'disconnected')) return;
    if (error instanceof CallError || error instanceof UserError) this.add('error', error.message);
    else {
      this.add('error', `Something went wrong; please report it: ${String(error)}`);
      console.error(error);
    }
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}
