/**
 * The six filters before the compressor, one sample after another, float64 state and coefficients.
 * The filters are those of the training form; there is no deviation at any sample rate other than that of the design.
 */
import { designBiquad } from '../../signal/biquad.ts';
import { filterPlace } from '../../signal/state-variable.ts';
import { Glide, GlidingFilters, type Gliding } from '../glide.ts';
import { Doubles, Processor, type PieceBuffer, type StreamKernels } from '../processor.ts';
import { eqFilters } from './training.ts';

const FILTERS = 6;
const KINDS = ['peak', 'peak', 'lowShelf', 'highShelf', 'lowPass', 'highPass'] as const;
/** b0 b1 b2 a1 a2 s1 s2; see kernels/stream.ts. */
const NUMBERS_PER_FILTER = 7;
const COEFFICIENTS = 5;

export interface EqDesign {
  /** b0 b1 b2 a1 a2 of each filter. */
  readonly coefficients: Float64Array;
  /** {@link filterPlace} of each filter. */
  readonly places: Float64Array;
}

/** What the processor needs, from values in the order of `eqParameters`. */
export function designEq(values: ArrayLike<number>, sampleRateHz: number): EqDesign {
  const filters = eqFilters(values);
  return {
    coefficients: Float64Array.from(
      filters.flatMap((settings) => {
        const { b0, b1, b2, a1, a2 } = designBiquad(settings.kind, settings, sampleRateHz);
        return [b0, b1, b2, a1, a2];
      }),
    ),
    places: Float64Array.from(filters.flatMap((settings) => filterPlace(settings, sampleRateHz))),
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
    this.glide = new Glide(FILTERS * 3, sampleRateHz);
  }

  design(values: ArrayLike<number>): EqDesign {
    return designEq(values, this.sampleRateHz);
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
    this.glidingFilters.begin(this.glide.numbers, 0);
  }

  planSegment(): void {
    this.glidingFilters.rampTo(this.glide.numbers, 0);
  }

  endGlide(): void {
    this.useCoefficients();
    this.glidingFilters.end(this.glide.numbers, 0);
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
