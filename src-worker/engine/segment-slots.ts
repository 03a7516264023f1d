/** Keeps the segments most lately asked for in a fixed number of slots. */
export class SegmentSlots {
  /** Slot of each segment kept, the least lately used first. */
  private readonly slotOf = new Map<number, number>();

  /** `fill` prepares a segment in a slot, in place of the one that was there. */
  constructor(
    private readonly slots: number,
    private readonly fill: (slot: number, segment: number) => void,
  ) {}

  /** Slot in which a segment is prepared. */
  prepare(segment: number): number {
    let slot = this.slotOf.get(segment);
    if (slot === undefined) {
      if (this.slotOf.size < this.slots) slot = this.slotOf.size;
      else {
        const [oldest, freed] = this.slotOf.entries().next().value!;
        this.slotOf.delete(oldest);
        slot = freed;
      }
      this.fill(slot, segment);
    }
    // Re-inserted: now the most lately used.
    this.slotOf.delete(segment);
    this.slotOf.set(segment, slot);
    return slot;
  }
}
