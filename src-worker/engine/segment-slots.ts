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
      try {
        this.fill(slot, segment);
      } catch (error) {
        // The slot stays one that is taken, by a segment that there is not, and is the first to go.
        const kept = [...this.slotOf];
        this.slotOf.clear();
        this.slotOf.set(-1 - slot, slot);
        for (const [other, its] of kept) this.slotOf.set(other, its);
        throw error;
      }
    }
    // Re-inserted: now the most lately used.
    this.slotOf.delete(segment);
    this.slotOf.set(segment, slot);
    return slot;
  }
}
