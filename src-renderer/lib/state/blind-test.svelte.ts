/**
 * A blind comparison of the filled slots: each round plays them in a new random order, as 1, 2, …, equally loud, until one
 * is preferred. Which is which stays unsaid until it is revealed; nothing becomes an undo step until a slot is used.
 *
 * Equally loud: the make-up gain stands before everything that is linear (pan, delay, reverb), so it moves the loudness of
 * the whole. Where the dynamics are bypassed they are switched to neutral instead, to have that gain.
 */
import { applyAmounts, silentEffects } from '#core/chain/amount.ts';
import { parameterIndex } from '#core/chain/parameters.ts';
import { CallError } from '#core/protocol/contract.ts';
import type { engineContract } from '#core/protocol/engine.ts';
import type { Monitor } from '#core/protocol/audio.ts';
import { SLOTS, type Slot } from '#core/session/document.ts';
import { shuffled, systemRandom } from './blind-test-tally.ts';
import { newJob } from './jobs.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Playback } from './playback.svelte.ts';
import type { Audition, Session } from './session.svelte.ts';
import type { Sources } from './sources.svelte.ts';

const MOST_ATTEMPTS = 5;
const MAKEUP = parameterIndex('comp.makeup');

export type BlindPhase = 'off' | 'measuring' | 'listening' | 'revealed';

export class BlindTest {
  phase = $state.raw<BlindPhase>('off');
  /** Place in this round's order of what is heard. */
  heardAt = $state.raw(0);
  /** How often each slot was preferred. */
  tally = $state.raw<Readonly<Partial<Record<Slot, number>>>>({});
  rounds = $state.raw(0);
  /** This round's slots in the order of their numbers; not for showing. */
  private order = $state.raw<readonly Slot[]>([]);
  private auditions: Partial<Record<Slot, Audition>> = {};
  private monitorBefore: Monitor = 'processed';
  private generation = 0;

  constructor(
    private readonly engine: Link<typeof engineContract>,
    private readonly session: Session,
    private readonly sources: Sources,
    private readonly playback: Playback,
    private readonly notices: Notices,
  ) {}

  get canStart(): boolean {
    return this.sources.ready !== null && this.session.filledSlots.length > 1 && !this.session.preview;
  }

  /** How many are compared. */
  get count(): number {
    return this.order.length;
  }

  /** The slots that are compared, by their letters. */
  get slots(): readonly Slot[] {
    return SLOTS.filter((slot) => this.order.includes(slot));
  }

  /** Measures the slots' loudness, then plays the first of a random order. */
  async start(): Promise<void> {
    if (!this.canStart) return;
    const generation = ++this.generation;
    this.phase = 'measuring';
    this.order = this.session.filledSlots;
    this.tally = {};
    this.rounds = 0;
    this.monitorBefore = this.playback.monitor;
    try {
      const auditions = await this.prepare();
      if (generation !== this.generation) return;
      this.auditions = auditions;
      this.playback.choose('processed');
      this.phase = 'listening';
      this.nextRound();
    } catch (error) {
      if (generation !== this.generation) return;
      this.end();
      this.notices.failure(error);
    }
  }

  /** Lets another one be heard, by its place. */
  hear(at: number): void {
    const audition = this.auditions[this.order[at]!];
    if (this.phase !== 'listening' || !audition) return;
    this.heardAt = at;
    this.session.listenTo(audition);
  }

  /** The one that is heard is preferred; another round begins. */
  prefer(): void {
    if (this.phase !== 'listening') return;
    const slot = this.order[this.heardAt]!;
    this.tally = { ...this.tally, [slot]: (this.tally[slot] ?? 0) + 1 };
    this.rounds += 1;
    this.nextRound();
  }

  reveal(): void {
    if (this.phase === 'listening' && this.rounds > 0) this.phase = 'revealed';
  }

  /** Ends the test in a slot: one undo step. */
  use(slot: Slot): void {
    if (this.phase !== 'revealed') return;
    this.end();
    this.session.chooseSlot(slot);
  }

  /** Back to what was heard before. */
  end(): void {
    this.generation += 1;
    if (this.phase === 'off') return;
    this.phase = 'off';
    this.auditions = {};
    this.order = [];
    this.session.listenTo(null);
    this.playback.choose(this.monitorBefore);
  }

  private nextRound(): void {
    this.order = shuffled(this.order, systemRandom);
    this.hear(0);
  }

  private async prepare(): Promise<Partial<Record<Slot, Audition>>> {
    const { slots, amounts, bypassed } = this.session.document;
    const isDynamicsOff = bypassed.includes('comp');
    const inForce = isDynamicsOff ? { ...amounts, comp: 0 } : amounts;
    const silenced = [...bypassed, ...silentEffects(inForce)].filter((id) => id !== 'comp');
    const measured: { slot: Slot; raw: Float64Array; lufs: number | null }[] = [];
    for (const slot of this.order) {
      const raw = applyAmounts(Float64Array.from(slots[slot]!), inForce).slice();
      measured.push({ slot, raw, lufs: await this.loudnessOf({ raw, silenced }) });
    }
    // The quietest stays, so that nothing clips that did not before.
    const quietest = Math.min(...measured.flatMap(({ lufs }) => (lufs === null ? [] : [lufs])));
    for (const { raw, lufs } of measured) if (lufs !== null) raw[MAKEUP]! += quietest - lufs;
    return Object.fromEntries(measured.map(({ slot, raw }) => [slot, { raw, silenced }]));
  }

  /** Integrated loudness; null when too quiet to measure. Playback measures too, and the later measurement ends the other. */
  private async loudnessOf({ raw, silenced }: Audition, attempts = MOST_ATTEMPTS): Promise<number | null> {
    const { dry, sampleRateHz, alignment } = this.sources.ready!;
    try {
      const { lufs } = await this.engine.call('processed.measure', {
        job: newJob('blind'),
        dry: dry.cache,
        sampleRateHz,
        raw,
        inputGain: alignment.inputGain,
        bypassed: [...silenced],
      });
      return lufs;
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== 'interrupted' || attempts === 1) throw error;
      return this.loudnessOf({ raw, silenced }, attempts - 1);
    }
  }
}
