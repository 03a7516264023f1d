/**
 * Constant-power pan that leaves the centre at 0 dB: left = √2 cos(πp/2), right = √2 sin(πp/2), p = 0..1
 * (DiffVox, fx_config). The only form: it has no state.
 */

/** One array per channel, left first, of one length. */
export type Stereo = [left: Float64Array, right: Float64Array];

/** Gains of the left and the right channel for a pan value 0 (left) .. 1 (right). */
export function panGains(pan: number): [left: number, right: number] {
  return [Math.SQRT2 * Math.cos((Math.PI / 2) * pan), Math.SQRT2 * Math.sin((Math.PI / 2) * pan)];
}

/** A mono signal placed between the channels. */
export function pan(value: number, x: Float64Array): Stereo {
  const [left, right] = panGains(value);
  return [x.map((sample) => left * sample), x.map((sample) => right * sample)];
}
