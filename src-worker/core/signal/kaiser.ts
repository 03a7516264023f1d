/**
 * The Kaiser window, w(t) = I0(β √(1 − t²)) / I0(β) for |t| < 1 and 0 elsewhere: 1 in the middle, narrower for larger β
 * (J. F. Kaiser; Oppenheim & Schafer, Discrete-Time Signal Processing, §7.5).
 */

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

/** The window of a β as a function of the position, −1..1 from end to end. */
export function kaiserWindow(beta: number): (position: number) => number {
  const scale = 1 / besselI0(beta);
  return (position) => {
    const inside = 1 - position * position;
    return inside > 0 ? besselI0(beta * Math.sqrt(inside)) * scale : 0;
  };
}
