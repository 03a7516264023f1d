/**
 * The six filters before the compressor, one sample after another, float64 state and coefficients.
 * The filters are those of the training form; there is no deviation at any sample rate other than that of the design.
 *
 * A band has a weight w: it is 1 + w(H − 1). Bypassed it is exactly nothing (w = 0), and it goes there in a glide. (A gain
 * that glides to 0 dB would do for peaks and shelves, but a high-pass that glides to inaudible frequencies leaves half of
 * the level of what it held back as an offset, for as long as its new frequency takes to forget it.)
 */
import { designBiquad } from '../../signal/biquad.ts';
import { FILTER_PLACE_NUMBERS, filterPlace } from '../../signal/state-variable.ts';
import { Glide, GlidingFilters, type Gliding } from '../glide.ts';
import { Doubles, Processor, type PieceBuffer, type StreamKernels } from '../processor.ts';
import type { Bypassable } from '../../protocol/schemas.ts';
import { bandWeights } from './bands.ts';
import { eqFilters } from './training.ts';

const FILTERS = 6;
/** Where the weights of a glide are: after the filters' places. */
const WEIGHTS = FILTERS * FILTER_PLACE_NUMBERS;
const KINDS = ['peak', 'peak', 'lowShelf', 'highShelf', 'lowPass', 'highPass'] as const;
/** b0 b1 b2 a1 a2 s1 s2; see kernels/stream.ts. */
const NUMBERS_PER_FILTER = 7;
const COEFFICIENTS = 5;

export interface EqDesign {
  /** b0 b1 b2 a1 a2 of each filter. */
  readonly coefficients: Float64Array;
  /** {@link filterPlace} of each filter, then each filter's weight. */
  readonly places: Float64Array;
}

/** What the processor needs, from values in the order of `eqParameters`; bands among `bypassed` are flat. */
export function designEq(
  values: ArrayLike<number>,
  sampleRateHz: number,
  bypassed: readonly Bypassable[] = [],
): EqDesign {
  const filters = eqFilters(values);
  const weights = bandWeights(bypassed);
  return {
    coefficients: Float64Array.from(
      filters.flatMap((settings, index) => {
        const { b0, b1, b2, a1, a2 } = designBiquad(settings.kind, settings, sampleRateHz);
        return weights[index] === 0 ? [1, a1, a2, a1, a2] : [b0, b1, b2, a1, a2];
      }),
    ),
    places: Float64Array.of(
      ...filters.flatMap((settings) => filterPlace(settings, sampleRateHz)),
      ...weights,
    ),
  };
}

/** Mono in, mono out, no latency. */
export class EqProcessor extends Processor<EqDesign> implements Gliding {
  readonly latencySamples = 0;
  private readonly filters: Doubles;
  private readonly glidingFilters: GlidingFilters;
  private readonly glide: Glide;
  private target: EqDesign | undefined;

  constructor(
    kernels: StreamKernels,
    private readonly sampleRateHz: number,
    input: number | readonly PieceBuffer[] = 1,
  ) {
    super(kernels, input, 1);
    this.filters = new Doubles(kernels, FILTERS * NUMBERS_PER_FILTER);
    this.glidingFilters = new GlidingFilters(kernels, KINDS, 1, this.filters, sampleRateHz);
    this.glide = new Glide(WEIGHTS + FILTERS, sampleRateHz);
  }

  design(values: ArrayLike<number>, bypassed: readonly Bypassable[] = []): EqDesign {
    return designEq(values, this.sampleRateHz, bypassed);
  }

  setDesign(design: EqDesign): void {
    this.target = design;
    if (this.glide.jumpTo(design.places)) this.endGlide();
    else this.useCoefficients();
  }

  glideTo(design: EqDesign): void {
    this.target = design;
    this.glide.moveTo(design.places);
  }

  reset(): void {
    if (this.target) this.setDesign(this.target);
    const { numbers } = this.filters;
    for (let filter = 0; filter < FILTERS; filter++)
      numbers.fill(0, filter * NUMBERS_PER_FILTER + COEFFICIENTS, (filter + 1) * NUMBERS_PER_FILTER);
  }

  run(length: number): void {
    this.glide.run(length, this);
  }

  beginGlide(): void {
    this.glidingFilters.begin(this.glide.numbers, 0, WEIGHTS);
  }

  planSegment(): void {
    this.glidingFilters.rampTo(this.glide.numbers, 0, WEIGHTS);
  }

  endGlide(): void {
    this.useCoefficients();
    this.glidingFilters.end(this.glide.numbers, 0, WEIGHTS);
  }

  runPart(start: number, length: number): void {
    const input = this.inputs[0]!.address + 4 * start;
    const output = this.outputs[0]!.address + 4 * start;
    if (this.glide.isMoving) this.glidingFilters.run(input, input, output, output, length);
    else this.kernels.call.streamSixFilters(this.filters.address, input, output, length);
  }

  private useCoefficients(): void {
    const { numbers } = this.filters;
    const { coefficients } = this.target!;
    for (let filter = 0; filter < FILTERS; filter++)
      for (let i = 0; i < COEFFICIENTS; i++)
        numbers[filter * NUMBERS_PER_FILTER + i] = coefficients[filter * COEFFICIENTS + i]!;
  }
}
