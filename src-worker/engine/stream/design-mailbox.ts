/**
 * The mailbox of a chain's settings: designs go in on the control side, the audio side finds the latest when it looks.
 * A design is laid out in a slot (mailbox.ts) leaf by leaf: first all its numbers, then its arrays.
 */
import { neutralRaw } from '#core/chain/parameters.ts';
import { ChainDesigner, type ChainDesign } from '../chain-design.ts';
import { MailboxReader, MailboxWriter, mailboxBuffer, slotOffsets } from './mailbox.ts';

type Numbers = Float32Array | Float64Array;
/** The shape of a design: numbers and arrays by name. */
interface Tree {
  [name: string]: number | Numbers | Tree;
}

const isArray = (leaf: number | Numbers | Tree): leaf is Numbers => ArrayBuffer.isView(leaf);

/** Calls `visit` for every leaf of `tree` with the objects of the same place in `others`. */
function forEachLeaf(
  tree: Tree,
  others: readonly Tree[],
  visit: (name: string, holders: readonly Tree[]) => void,
) {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'number' || isArray(value)) visit(name, [tree, ...others]);
    else
      forEachLeaf(
        value,
        others.map((other) => other[name] as Tree),
        visit,
      );
  }
}

function copyOf(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : isArray(value) ? value.slice() : copyOf(value),
    ]),
  );
}

/** One slot's memory, in the order of the leaves. */
interface Slot {
  /** How many immediate settings there have been, then the design's numbers. */
  readonly numbers: Float64Array;
  readonly arrays: readonly Numbers[];
}

/** A design of the reader's own, taken apart so that it can be filled without allocating. */
interface Copy {
  readonly design: ChainDesign;
  readonly numberHolders: readonly Tree[];
  readonly arrays: readonly Numbers[];
}

export class DesignMailbox {
  /** The design that was taken last. It stays as it is until the one after the next has been taken. */
  design: ChainDesign;
  /** Whether that one, or one that it replaced before it was taken, is to be taken over without a glide. */
  isImmediate = false;
  private readonly writer: MailboxWriter;
  private readonly reader: MailboxReader;
  private readonly slots: readonly Slot[];
  private readonly template: Tree;
  private readonly numberNames: readonly string[];
  /** Two in turn: a chain may still read the one that it had, and compares it with the new one. */
  private readonly copies: readonly [Copy, Copy];
  private turn: 0 | 1 = 0;
  private immediateCount = 0;
  private immediatesTaken = 0;
  private latestSpectra: Float32Array | null = null;

  constructor(sampleRateHz: number) {
    const design = new ChainDesigner(sampleRateHz).design(neutralRaw());
    this.template = design as unknown as Tree;
    const names: string[] = [];
    const arrays: Numbers[] = [];
    forEachLeaf(this.template, [], (name, [holder]) => {
      const leaf = holder![name]!;
      if (isArray(leaf)) arrays.push(leaf);
      else names.push(name);
    });
    this.numberNames = names;
    const numberBytes = 8 * (1 + names.length);
    const offsets: number[] = [];
    let recordBytes = numberBytes;
    for (const array of arrays) {
      recordBytes = 8 * Math.ceil(recordBytes / 8);
      offsets.push(recordBytes);
      recordBytes += array.byteLength;
    }
    const buffer = mailboxBuffer(recordBytes);
    this.slots = slotOffsets(recordBytes).map((start) => ({
      numbers: new Float64Array(buffer, start, 1 + names.length),
      arrays: arrays.map((array, i) => {
        const at = start + offsets[i]!;
        return array instanceof Float32Array
          ? new Float32Array(buffer as ArrayBuffer, at, array.length)
          : new Float64Array(buffer as ArrayBuffer, at, array.length);
      }),
    }));
    this.writer = new MailboxWriter(buffer);
    this.reader = new MailboxReader(buffer);
    this.copies = [copyForReader(this.template), copyForReader(this.template)];
    this.design = this.copies[this.turn].design;
  }

  /**
   * Control side. A design without spectra has those of the one before. Throws a RangeError if there are none yet, or if it
   * is for another sample rate.
   */
  post(design: ChainDesign, isImmediate: boolean): void {
    if (design.sampleRateHz !== this.design.sampleRateHz)
      throw new RangeError(
        `A design for ${design.sampleRateHz} Hz does not fit a stream at ${this.design.sampleRateHz} Hz.`,
      );
    const spectra = design.fdn.spectra ?? this.latestSpectra;
    if (!spectra) throw new RangeError('The first design came without the spectra of its decay.');
    this.latestSpectra = spectra;
    if (isImmediate) this.immediateCount += 1;
    const { numbers, arrays } = this.slots[this.writer.slot]!;
    let number = 0;
    let array = 0;
    numbers[number++] = this.immediateCount;
    const whole = { ...design, fdn: { ...design.fdn, spectra } } as unknown as Tree;
    forEachLeaf(this.template, [whole], (name, [, holder]) => {
      const leaf = holder![name]!;
      if (isArray(leaf)) arrays[array++]!.set(leaf);
      else numbers[number++] = leaf as number;
    });
    this.writer.post();
  }

  /** Audio side: whether a design has come since; it is in {@link design} then. Allocates nothing. */
  take(): boolean {
    if (!this.reader.take()) return false;
    const { numbers, arrays } = this.slots[this.reader.slot]!;
    this.turn = this.turn === 0 ? 1 : 0;
    const copy = this.copies[this.turn];
    for (let i = 0; i < this.numberNames.length; i++)
      copy.numberHolders[i]![this.numberNames[i]!] = numbers[1 + i]!;
    for (let i = 0; i < arrays.length; i++) copy.arrays[i]!.set(arrays[i]!);
    this.design = copy.design;
    this.isImmediate = numbers[0]! > this.immediatesTaken;
    this.immediatesTaken = numbers[0]!;
    return true;
  }
}

function copyForReader(template: Tree): Copy {
  const tree = copyOf(template);
  const numberHolders: Tree[] = [];
  const arrays: Numbers[] = [];
  forEachLeaf(tree, [], (name, [holder]) => {
    const leaf = holder![name]!;
    if (isArray(leaf)) arrays.push(leaf);
    else numberHolders.push(holder!);
  });
  return { design: tree as unknown as ChainDesign, numberHolders, arrays };
}
