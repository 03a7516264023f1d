/**
 * A setting of the chain, worked out for a sample rate: the control side of realtime-chain.ts. Designing allocates and
 * may take milliseconds (about 0.1 ms, and 4 ms more where a decay time changed); taking a design over does not.
 */
import { rawToValues } from '#core/chain/parameters.ts';
import { compParameters } from '#core/effects/comp/params.ts';
import { designComp, type CompDesign } from '#core/effects/comp/realtime.ts';
import { delayParameters, sendParameters } from '#core/effects/delay/params.ts';
import { designDelay, designSend, type DelayDesign, type SendDesign } from '#core/effects/delay/realtime.ts';
import { eqParameters } from '#core/effects/eq/params.ts';
import { designEq, type EqDesign } from '#core/effects/eq/realtime.ts';
import { fdnParameters } from '#core/effects/fdn/params.ts';
import { designFdn, fdnGeometry, type FdnDesign, type FdnGeometry } from '#core/effects/fdn/realtime.ts';
import { panParameters } from '#core/effects/pan/params.ts';
import { designPan, type PanDesign } from '#core/effects/pan/realtime.ts';
import type { Bypassable } from '#core/protocol/schemas.ts';

/** Numbers and typed arrays only, so that it can be sent to another thread. Nobody changes it once it is made. */
export interface ChainDesign {
  readonly sampleRateHz: number;
  readonly eq: EqDesign;
  readonly comp: CompDesign;
  readonly send: SendDesign;
  readonly delay: DelayDesign;
  readonly fdn: FdnDesign;
  readonly pan: PanDesign;
}

/** Designs one setting after another; what is expensive is made anew only where it changed. */
export class ChainDesigner {
  private readonly geometry: FdnGeometry;
  private latest: FdnDesign | undefined;

  constructor(private readonly sampleRateHz: number) {
    this.geometry = fdnGeometry(sampleRateHz);
  }

  /**
   * The design of the 151 raw numbers, with the EQ's bypassed bands flat. Whole effects among `bypassed` are designed all the
   * same: the chain switches them. As long as the decay times stay, all designs hold the same spectra array.
   * Throws a RangeError at sample rates so low that the delay's time is too short to be processed.
   */
  design(raw: ArrayLike<number>, bypassed: readonly Bypassable[] = []): ChainDesign {
    return this.designValues(rawToValues(raw), bypassed);
  }

  /** {@link design} of the DSP values in the published order. */
  designValues(values: ArrayLike<number>, bypassed: readonly Bypassable[] = []): ChainDesign {
    const { sampleRateHz } = this;
    const all = Array.from(values);
    const next = (table: readonly unknown[]): number[] => all.splice(0, table.length);
    const eq = designEq(next(eqParameters), sampleRateHz, bypassed);
    const comp = designComp(next(compParameters), sampleRateHz);
    const send = designSend(next(sendParameters));
    const delay = designDelay(next(delayParameters), sampleRateHz);
    this.latest = designFdn(next(fdnParameters), this.geometry, this.latest);
    return { sampleRateHz, eq, comp, send, delay, fdn: this.latest, pan: designPan(next(panParameters)) };
  }
}

/**
 * The design for a receiver that has been sent `sent` before: without the decay's spectra (about 100 kB) if they are
 * the same. The receiver must give both to its chain, in their order.
 */
export function designSince(design: ChainDesign, sent: ChainDesign | undefined): ChainDesign {
  if (!sent || design.fdn.spectra !== sent.fdn.spectra) return design;
  return { ...design, fdn: { ...design.fdn, spectra: null } };
}
