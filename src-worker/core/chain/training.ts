/**
 * The whole chain as it is fitted, in float64, at 44.1 kHz, from silence (zero state, smoother at 1):
 *
 *   u = compress(equalise(x))
 *   final = pan(u) + delay(u) + fdn([u, u] + send · delay(u))
 *
 * Source: DiffVox (DAFx 2025), fx_config. This is the reference that faster evaluations are held against.
 */
import { compParameters } from '../effects/comp/params.ts';
import { compress } from '../effects/comp/training.ts';
import { delayParameters, sendParameters } from '../effects/delay/params.ts';
import { delay } from '../effects/delay/training.ts';
import { eqParameters } from '../effects/eq/params.ts';
import { equalise } from '../effects/eq/training.ts';
import { fdnParameters } from '../effects/fdn/params.ts';
import { reverberate } from '../effects/fdn/training.ts';
import { panGains, type Stereo } from '../effects/pan/training.ts';
import { PARAMETER_COUNT, rawToValues } from './parameters.ts';

/** What each effect gives, all of the input's length. A stage is computed when it is first asked for. */
export interface TrainingStages {
  readonly eq: Float64Array;
  readonly comp: Float64Array;
  readonly delay: Stereo;
  readonly fdn: Stereo;
  readonly final: Stereo;
}

/** DSP values of a raw vector, by effect, each in the order of the effect's table. */
export interface ChainValues {
  readonly eq: Float64Array;
  readonly comp: Float64Array;
  readonly send: number;
  readonly delay: Float64Array;
  readonly fdn: Float64Array;
  readonly pan: number;
}

/** Maps a raw vector and takes it apart. Throws a RangeError unless there are 151 numbers. */
export function chainValues(raw: ArrayLike<number>): ChainValues {
  if (raw.length !== PARAMETER_COUNT)
    throw new RangeError(`The chain has ${PARAMETER_COUNT} parameters, got ${raw.length}.`);
  const values = rawToValues(raw);
  let start = 0;
  const take = ({ length }: { length: number }): Float64Array => values.slice(start, (start += length));
  const eq = take(eqParameters);
  const comp = take(compParameters);
  const [send] = take(sendParameters);
  const delayed = take(delayParameters);
  const fdn = take(fdnParameters);
  return { eq, comp, send, delay: delayed, fdn, pan: values[start]! };
}

/** `make`, called once at most. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The stages of the chain for a mono signal at 44.1 kHz and the 151 raw parameters. */
export function trainingStages(x: Float32Array | Float64Array, raw: ArrayLike<number>): TrainingStages {
  const values = chainValues(raw);
  const eq = once(() => equalise(values.eq, x));
  const comp = once(() => compress(values.comp, eq()));
  const delayed = once(() => delay(values.delay, comp()));
  const fdn = once(() => {
    const direct = comp();
    const sent = delayed().map((channel) => channel.map((sample, n) => direct[n]! + values.send * sample));
    return reverberate(values.fdn, sent as Stereo);
  });
  const final = once(() => {
    const direct = comp();
    const gains = panGains(values.pan);
    const mix = fdn().map((reverb, c) => {
      const gain = gains[c]!;
      const repeats = delayed()[c]!;
      return reverb.map((sample, n) => gain * direct[n]! + repeats[n]! + sample);
    });
    return mix as Stereo;
  });
  return {
    get eq() {
      return eq();
    },
    get comp() {
      return comp();
    },
    get delay() {
      return delayed();
    },
    get fdn() {
      return fdn();
    },
    get final() {
      return final();
    },
  };
}

/** The same stages as float32, one array per channel. A stage is computed when it is asked for. */
export function renderTraining(
  x: Float32Array | Float64Array,
  raw: ArrayLike<number>,
): Readonly<Record<keyof TrainingStages, readonly Float32Array[]>> {
  const stages = trainingStages(x, raw);
  const single = (channels: readonly Float64Array[]): Float32Array[] =>
    channels.map((channel) => new Float32Array(channel));
  return {
    get eq() {
      return single([stages.eq]);
    },
    get comp() {
      return single([stages.comp]);
    },
    get delay() {
      return single(stages.delay);
    },
    get fdn() {
      return single(stages.fdn);
    },
    get final() {
      return single(stages.final);
    },
  };
}
