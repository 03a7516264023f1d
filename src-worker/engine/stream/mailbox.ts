/**
 * Hands the latest of many records of numbers from one writer to one reader, who may be on two threads. Neither ever waits:
 * there are three slots, one the writer's, one the reader's and one in between, and they are exchanged whole, so that
 * a record is never seen half written (triple buffering). Records that were not taken are lost to later ones.
 */

const SLOTS = 3;
const SLOT = 3;
/** The slot in between has not been seen by the reader. */
const IS_NEW = 4;
/** Keeps the slots aligned for any typed array, and away from the word that both sides write. */
const HEADER_BYTES = 64;
const ALIGNMENT = 8;

const slotBytes = (recordBytes: number): number => Math.ceil(recordBytes / ALIGNMENT) * ALIGNMENT;

/** Memory for a mailbox; shared between threads where the platform has such memory. */
export function mailboxBuffer(recordBytes: number): ArrayBufferLike {
  const bytes = HEADER_BYTES + SLOTS * slotBytes(recordBytes);
  const buffer =
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  new Int32Array(buffer, 0, 1)[0] = 1;
  return buffer;
}

class Side {
  protected readonly between: Int32Array;

  constructor(buffer: ArrayBufferLike) {
    this.between = new Int32Array(buffer, 0, 1);
  }
}

/** Byte offset of each slot in a mailbox's buffer. */
export function slotOffsets(recordBytes: number): readonly number[] {
  return Array.from({ length: SLOTS }, (_, slot) => HEADER_BYTES + slot * slotBytes(recordBytes));
}

/** The one writer. Write all of slot {@link slot}, then {@link post} it; the next one is another. */
export class MailboxWriter extends Side {
  slot = 0;

  post(): void {
    this.slot = Atomics.exchange(this.between, 0, this.slot | IS_NEW) & SLOT;
  }
}

/** The one reader. Slot {@link slot} is the reader's until the next {@link take}. */
export class MailboxReader extends Side {
  slot = 2;

  /** Whether something new has come; it is in {@link slot} then. */
  take(): boolean {
    if ((Atomics.load(this.between, 0) & IS_NEW) === 0) return false;
    this.slot = Atomics.exchange(this.between, 0, this.slot) & SLOT;
    return true;
  }
}
