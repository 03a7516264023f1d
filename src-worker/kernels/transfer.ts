// Everything after the compressor as one transfer function on the bins of a grid of P points, and its adjoint:
//   T_o(ω) = pan_o + D_o + Q · Σ_i C_oi x_i,   output_o = T_o · U,   o = left, right
//   E = e^{−jωd} L,  odd = E Σ_{j<J} r^j,  even = γE² Σ_{j<J'} r^j,  r = (γE)²         (ping-pong delay, low-pass L)
//   D_o = gain_o,odd · odd + gain_o,even · even,  v_o = 1 + send · D_o
//   x = Z (U Γ x + B v),  Z = diag(e^{−jωm_i}), Γ = diag(Γ_i), Q the four reverb filters    (feedback delay network)
// Source: DiffVox; FDN of Jot and Chaigne (1991).
//
// With s = Γ x and the diagonal matrix F = (Z Γ)^{−1} the network is (F − U) s = B v: real constants off the diagonal.
// It is solved by elimination without pivoting: U is orthogonal and |F_i| > 1, so every leading minor is regular.
// Bins go four at a time in the lanes; a cell is 16 bins. Quantities smooth in frequency are given at the cells' edges
// (nodes) and interpolated; their gradients are gathered there with the same weights.
//
// `grid` table of i32 addresses and sizes:
//   0 cells, 1 sin²(ω/2) f32[bins], 2 sin ω f32[bins], 3 line phasors at the first bin of a cell f32[cells][6][2],
//   4 line phasors within a cell f32[4 quarters][6][2][4 lanes]
// `settings` table of i32 addresses and sizes:
//   0 U f32[6][6], 1 B f32[6][2], 2 C f32[2][6], 3 Γ at the nodes f32[cells+1][6],
//   4 filters f32[5][6]: n0 n1 n2 d0 d1 d2 of the delay's low-pass and the four reverb filters, where
//     z·(numerator) = n0 − n1 sin²(ω/2) + j n2 sin ω, the same for the denominator,
//   5 delay phasor at the first bin of a cell f32[cells][2], 6 within a cell f32[4][2][4],
//   7 scalars f32: γ, gain left odd, left even, right odd, right even, send, pan left, pan right
//   8 J, 9 J' (J or J − 1),
//   10 surrogate weight η^b at the first bin of a cell f32[cells], 11 within a cell f32[4][4]

import { add, sub, mul, splat, zero, sumLanes64, interleaveLow, interleaveHigh, joinLow, joinHigh, bytesOfFloats } from './vector';

const LINES: i32 = 6;

/** Working memory of one group of four bins: vectors, complex ones as (re, im). */
const WORK: usize = memory.data(4096, 16);
const MATRIX: usize = WORK; //          [6][6] complex: multipliers below, reciprocal pivots on, the upper factor above the diagonal
const S: usize = WORK + 1152; //        [6] complex
const GAMMA: usize = WORK + 1344; //    [6] real, 1/Γ_i
const LAMBDA: usize = WORK + 1440; //   [6] complex
const F: usize = WORK + 1632; //        [6] complex, 1/(z_i Γ_i)
const DELAY: usize = WORK + 1824; //    complex: E, odd, even, D left, D right, v left, v right, low-pass
const Q: usize = WORK + 2080; //        complex: reverb filters
const X: usize = WORK + 2112; //        [6] complex: x
const TOTALS: usize = WORK + 2304; //   [70] real accumulators of transferAdjoint

const E: usize = DELAY, ODD: usize = DELAY + 32, EVEN: usize = DELAY + 64, D_LEFT: usize = DELAY + 96, D_RIGHT: usize = DELAY + 128;
const V_LEFT: usize = DELAY + 160, V_RIGHT: usize = DELAY + 192;
const P_ODD: usize = DELAY + 224;
const P_EVEN: usize = WORK + 3456;

/** Part of a cell that lies before a bin, four quarters of four lanes. */
const FRACTIONS: usize = memory.data<f32>([
  0, 0.0625, 0.125, 0.1875, 0.25, 0.3125, 0.375, 0.4375, 0.5, 0.5625, 0.625, 0.6875, 0.75, 0.8125, 0.875, 0.9375,
], 16);

@inline function re(p: usize): v128 { return v128.load(p); }
@inline function im(p: usize): v128 { return v128.load(p, 16); }
@inline function put(p: usize, r: v128, i: v128): void { v128.store(p, r); v128.store(p, i, 16); }
@inline function at(i: i32, j: i32): usize { return MATRIX + ((<usize>(i * LINES + j)) << 5); }
@inline function entry(base: usize, i: i32): usize { return base + ((<usize>i) << 5); }
@inline function realProduct(ar: v128, ai: v128, br: v128, bi: v128): v128 { return sub(mul(ar, br), mul(ai, bi)); }
@inline function imaginaryProduct(ar: v128, ai: v128, br: v128, bi: v128): v128 { return add(mul(ar, bi), mul(ai, br)); }
/** Real part of a* b. */
@inline function inner(a: usize, b: usize): v128 { return add(mul(re(a), re(b)), mul(im(a), im(b))); }

// ---------------------------------------------------------------- elimination

@inline function reciprocalPivot(k: i32): void {
  const p = at(k, k), r = re(p), i = im(p);
  const scale = f32x4.div(splat(1), add(mul(r, r), mul(i, i)));
  put(p, mul(r, scale), mul(sub(zero(), i), scale));
}

/** Row i of the first step, where row 0 is −U_0j: fills the row from the network's constants. */
@inline function firstStepEntry(i: i32, j: i32, u: usize, lr: v128, li: v128): void {
  const u0j = v128.load32_splat(u + (<usize>j << 2)), uij = v128.load32_splat(u + (<usize>(i * LINES + j) << 2));
  let r = sub(mul(lr, u0j), uij), s = mul(li, u0j);
  if (i == j) { r = add(r, re(entry(F, i))); s = add(s, im(entry(F, i))); }
  put(at(i, j), r, s);
}
@inline function firstStepRow(i: i32, u: usize): void {
  const minusU = sub(zero(), v128.load32_splat(u + (<usize>(i * LINES) << 2))), pivot = at(0, 0);
  const lr = mul(minusU, re(pivot)), li = mul(minusU, im(pivot));
  put(at(i, 0), lr, li);
  firstStepEntry(i, 1, u, lr, li); firstStepEntry(i, 2, u, lr, li); firstStepEntry(i, 3, u, lr, li); firstStepEntry(i, 4, u, lr, li); firstStepEntry(i, 5, u, lr, li);
}
@inline function eliminateEntry(i: i32, j: i32, k: i32, lr: v128, li: v128): void {
  const p = at(i, j), q = at(k, j), qr = re(q), qi = im(q);
  put(p, sub(re(p), realProduct(lr, li, qr, qi)), sub(im(p), imaginaryProduct(lr, li, qr, qi)));
}
@inline function eliminateRow(i: i32, k: i32): void {
  const p = at(i, k), pivot = at(k, k);
  const lr = realProduct(re(p), im(p), re(pivot), im(pivot)), li = imaginaryProduct(re(p), im(p), re(pivot), im(pivot));
  put(p, lr, li);
  if (k < 2) eliminateEntry(i, 2, k, lr, li);
  if (k < 3) eliminateEntry(i, 3, k, lr, li);
  if (k < 4) eliminateEntry(i, 4, k, lr, li);
  eliminateEntry(i, 5, k, lr, li);
}

/** Factors F − U. */
@inline function factorise(u: usize): void {
  put(at(0, 0), sub(re(F), v128.load32_splat(u)), im(F));
  reciprocalPivot(0);
  firstStepRow(1, u); firstStepRow(2, u); firstStepRow(3, u); firstStepRow(4, u); firstStepRow(5, u);
  reciprocalPivot(1);
  eliminateRow(2, 1); eliminateRow(3, 1); eliminateRow(4, 1); eliminateRow(5, 1);
  reciprocalPivot(2);
  eliminateRow(3, 2); eliminateRow(4, 2); eliminateRow(5, 2);
  reciprocalPivot(3);
  eliminateRow(4, 3); eliminateRow(5, 3);
  reciprocalPivot(4);
  eliminateRow(5, 4);
  reciprocalPivot(5);
}

@inline function forwardTerm(i: i32, k: i32): void {
  const p = entry(S, i), q = entry(S, k), l = at(i, k);
  put(p, sub(re(p), realProduct(re(l), im(l), re(q), im(q))), sub(im(p), imaginaryProduct(re(l), im(l), re(q), im(q))));
}
@inline function scaleByPivot(i: i32): void {
  const p = entry(S, i), d = at(i, i), r = re(p), s = im(p);
  put(p, realProduct(r, s, re(d), im(d)), imaginaryProduct(r, s, re(d), im(d)));
}
@inline function backwardTerm(i: i32, j: i32): void {
  const p = entry(S, i), q = entry(S, j), m = at(i, j);
  put(p, sub(re(p), realProduct(re(m), im(m), re(q), im(q))), sub(im(p), imaginaryProduct(re(m), im(m), re(q), im(q))));
}
@inline function backwardRow0(j: i32, u: usize): void {
  const q = entry(S, j), u0j = v128.load32_splat(u + (<usize>j << 2));
  put(S, add(re(S), mul(u0j, re(q))), add(im(S), mul(u0j, im(q))));
}

/** S ← (F − U)^{−1} S. */
@inline function solve(u: usize): void {
  forwardTerm(1, 0);
  forwardTerm(2, 0); forwardTerm(2, 1);
  forwardTerm(3, 0); forwardTerm(3, 1); forwardTerm(3, 2);
  forwardTerm(4, 0); forwardTerm(4, 1); forwardTerm(4, 2); forwardTerm(4, 3);
  forwardTerm(5, 0); forwardTerm(5, 1); forwardTerm(5, 2); forwardTerm(5, 3); forwardTerm(5, 4);
  scaleByPivot(5);
  backwardTerm(4, 5); scaleByPivot(4);
  backwardTerm(3, 5); backwardTerm(3, 4); scaleByPivot(3);
  backwardTerm(2, 5); backwardTerm(2, 4); backwardTerm(2, 3); scaleByPivot(2);
  backwardTerm(1, 5); backwardTerm(1, 4); backwardTerm(1, 3); backwardTerm(1, 2); scaleByPivot(1);
  backwardRow0(5, u); backwardRow0(4, u); backwardRow0(3, u); backwardRow0(2, u); backwardRow0(1, u); scaleByPivot(0);
}

/** λ_i −= m* λ_k. */
@inline function conjugateTerm(i: i32, k: i32, m: usize): void {
  const p = entry(LAMBDA, i), q = entry(LAMBDA, k);
  put(p, sub(re(p), add(mul(re(m), re(q)), mul(im(m), im(q)))), sub(im(p), sub(mul(re(m), im(q)), mul(im(m), re(q)))));
}
@inline function conjugateRow0(i: i32, u: usize): void {
  const p = entry(LAMBDA, i), u0i = v128.load32_splat(u + (<usize>i << 2));
  put(p, add(re(p), mul(u0i, re(LAMBDA))), add(im(p), mul(u0i, im(LAMBDA))));
}
@inline function scaleByConjugatePivot(i: i32): void {
  const p = entry(LAMBDA, i), d = at(i, i), r = re(p), s = im(p);
  put(p, add(mul(r, re(d)), mul(s, im(d))), sub(mul(s, re(d)), mul(r, im(d))));
}

/** Λ ← (F − U)^{−H} Λ. */
@inline function solveAdjoint(u: usize): void {
  scaleByConjugatePivot(0);
  conjugateRow0(1, u); scaleByConjugatePivot(1);
  conjugateRow0(2, u); conjugateTerm(2, 1, at(1, 2)); scaleByConjugatePivot(2);
  conjugateRow0(3, u); conjugateTerm(3, 1, at(1, 3)); conjugateTerm(3, 2, at(2, 3)); scaleByConjugatePivot(3);
  conjugateRow0(4, u); conjugateTerm(4, 1, at(1, 4)); conjugateTerm(4, 2, at(2, 4)); conjugateTerm(4, 3, at(3, 4)); scaleByConjugatePivot(4);
  conjugateRow0(5, u); conjugateTerm(5, 1, at(1, 5)); conjugateTerm(5, 2, at(2, 5)); conjugateTerm(5, 3, at(3, 5)); conjugateTerm(5, 4, at(4, 5)); scaleByConjugatePivot(5);
  conjugateTerm(4, 5, at(5, 4));
  conjugateTerm(3, 5, at(5, 3)); conjugateTerm(3, 4, at(4, 3));
  conjugateTerm(2, 5, at(5, 2)); conjugateTerm(2, 4, at(4, 2)); conjugateTerm(2, 3, at(3, 2));
  conjugateTerm(1, 5, at(5, 1)); conjugateTerm(1, 4, at(4, 1)); conjugateTerm(1, 3, at(3, 1)); conjugateTerm(1, 2, at(2, 1));
  conjugateTerm(0, 5, at(5, 0)); conjugateTerm(0, 4, at(4, 0)); conjugateTerm(0, 3, at(3, 0)); conjugateTerm(0, 2, at(2, 0)); conjugateTerm(0, 1, at(1, 0));
}

// ---------------------------------------------------------------- one group of four bins

/** 1/Γ_i and F_i = z_i* / Γ_i. */
@inline function lineAttenuation(i: i32, t: v128, nodes: usize, cellPhasors: usize, quarterPhasors: usize): void {
  const a = v128.load32_splat(nodes + (<usize>i << 2)), b = v128.load32_splat(nodes + 24 + (<usize>i << 2));
  const inverse = f32x4.div(splat(1), add(a, mul(t, sub(b, a))));
  const cr = v128.load32_splat(cellPhasors + (<usize>i << 3)), ci = v128.load32_splat(cellPhasors + (<usize>i << 3), 4);
  const q = quarterPhasors + (<usize>i << 5), qr = v128.load(q), qi = v128.load(q, 16);
  v128.store(GAMMA + (<usize>i << 4), inverse);
  put(entry(F, i), mul(inverse, realProduct(cr, ci, qr, qi)), mul(sub(zero(), inverse), imaginaryProduct(cr, ci, qr, qi)));
}

@inline function polynomialReal(c: usize, phi: v128): v128 { return sub(v128.load32_splat(c), mul(v128.load32_splat(c, 4), phi)); }
@inline function polynomialImaginary(c: usize, sine: v128): v128 { return mul(v128.load32_splat(c, 8), sine); }

@inline function networkInput(i: i32, b: usize): void {
  const bl = v128.load32_splat(b + (<usize>i << 3)), br = v128.load32_splat(b + (<usize>i << 3), 4);
  put(entry(S, i), add(mul(bl, re(V_LEFT)), mul(br, re(V_RIGHT))), add(mul(bl, im(V_LEFT)), mul(br, im(V_RIGHT))));
}

/** Fills the working memory up to the solved network for one group of four bins. */
@inline function evaluateGroup(t: v128, phi: v128, sine: v128, settings: usize, quarter: i32, cellPhasors: usize, quarterPhasors: usize, nodes: usize, cellDelay: usize): void {
  const filters = <usize>load<i32>(settings, 16), scalars = <usize>load<i32>(settings, 28), u = <usize>load<i32>(settings);
  // Delay: E = e^{−jωd} L.
  let nr = polynomialReal(filters, phi), ni = polynomialImaginary(filters, sine), dr = polynomialReal(filters + 12, phi), di = polynomialImaginary(filters + 12, sine);
  let scale = f32x4.div(splat(1), add(mul(dr, dr), mul(di, di)));
  const lr = mul(scale, add(mul(nr, dr), mul(ni, di))), li = mul(scale, sub(mul(ni, dr), mul(nr, di)));
  const cr = v128.load32_splat(cellDelay), ci = v128.load32_splat(cellDelay, 4), within = <usize>load<i32>(settings, 24) + (<usize>quarter << 5);
  const pr = realProduct(cr, ci, re(within), im(within)), pi = imaginaryProduct(cr, ci, re(within), im(within));
  const er = realProduct(pr, pi, lr, li), ei = imaginaryProduct(pr, pi, lr, li);
  put(E, er, ei);
  const feedback = v128.load32_splat(scalars), gr = mul(feedback, er), gi = mul(feedback, ei);
  const rr = realProduct(gr, gi, gr, gi), ri = imaginaryProduct(gr, gi, gr, gi);
  // Horner for both sums; the even one has the same number of terms or one less.
  let or = splat(1), oi = zero(), evr = load<i32>(settings, 36) > 0 ? splat(1) : zero(), evi = zero();
  const terms = load<i32>(settings, 32), evenTerms = load<i32>(settings, 36);
  for (let j = 1; j < terms; j++) {
    const xr = add(splat(1), realProduct(or, oi, rr, ri)), xi = imaginaryProduct(or, oi, rr, ri);
    or = xr; oi = xi;
    if (j < evenTerms) { evr = xr; evi = xi; }
  }
  put(P_ODD, or, oi); put(P_EVEN, evr, evi);
  const oddR = realProduct(er, ei, or, oi), oddI = imaginaryProduct(er, ei, or, oi);
  const egr = realProduct(er, ei, gr, gi), egi = imaginaryProduct(er, ei, gr, gi);
  const evenR = realProduct(egr, egi, evr, evi), evenI = imaginaryProduct(egr, egi, evr, evi);
  put(ODD, oddR, oddI); put(EVEN, evenR, evenI);
  const lo = v128.load32_splat(scalars, 4), le = v128.load32_splat(scalars, 8), ro = v128.load32_splat(scalars, 12), re_ = v128.load32_splat(scalars, 16);
  const dlr = add(mul(lo, oddR), mul(le, evenR)), dli = add(mul(lo, oddI), mul(le, evenI));
  const drr = add(mul(ro, oddR), mul(re_, evenR)), dri = add(mul(ro, oddI), mul(re_, evenI));
  put(D_LEFT, dlr, dli); put(D_RIGHT, drr, dri);
  const send = v128.load32_splat(scalars, 20);
  put(V_LEFT, add(splat(1), mul(send, dlr)), mul(send, dli));
  put(V_RIGHT, add(splat(1), mul(send, drr)), mul(send, dri));
  // Reverb filters: one numerator, one denominator.
  nr = polynomialReal(filters + 24, phi); ni = polynomialImaginary(filters + 24, sine); dr = polynomialReal(filters + 36, phi); di = polynomialImaginary(filters + 36, sine);
  for (let filter = filters + 48; filter < filters + 120; filter += 24) {
    const ar = polynomialReal(filter, phi), ai = polynomialImaginary(filter, sine), br = polynomialReal(filter + 12, phi), bi = polynomialImaginary(filter + 12, sine);
    const xr = realProduct(nr, ni, ar, ai), xi = imaginaryProduct(nr, ni, ar, ai), yr = realProduct(dr, di, br, bi), yi = imaginaryProduct(dr, di, br, bi);
    nr = xr; ni = xi; dr = yr; di = yi;
  }
  scale = f32x4.div(splat(1), add(mul(dr, dr), mul(di, di)));
  put(Q, mul(scale, add(mul(nr, dr), mul(ni, di))), mul(scale, sub(mul(ni, dr), mul(nr, di))));
  // Network.
  lineAttenuation(0, t, nodes, cellPhasors, quarterPhasors); lineAttenuation(1, t, nodes, cellPhasors, quarterPhasors);
  lineAttenuation(2, t, nodes, cellPhasors, quarterPhasors); lineAttenuation(3, t, nodes, cellPhasors, quarterPhasors);
  lineAttenuation(4, t, nodes, cellPhasors, quarterPhasors); lineAttenuation(5, t, nodes, cellPhasors, quarterPhasors);
  factorise(u);
  const b = <usize>load<i32>(settings, 4);
  networkInput(0, b); networkInput(1, b); networkInput(2, b); networkInput(3, b); networkInput(4, b); networkInput(5, b);
  solve(u);
  lineOutput(0); lineOutput(1); lineOutput(2); lineOutput(3); lineOutput(4); lineOutput(5);
}

@inline function lineOutput(i: i32): void {
  const inverse = v128.load(GAMMA + (<usize>i << 4)), s = entry(S, i);
  put(entry(X, i), mul(inverse, re(s)), mul(inverse, im(s)));
}

@inline function outputRe(c: usize): v128 {
  let sum = mul(v128.load32_splat(c), re(X));
  sum = add(sum, mul(v128.load32_splat(c, 4), re(X + 32))); sum = add(sum, mul(v128.load32_splat(c, 8), re(X + 64)));
  sum = add(sum, mul(v128.load32_splat(c, 12), re(X + 96))); sum = add(sum, mul(v128.load32_splat(c, 16), re(X + 128)));
  return add(sum, mul(v128.load32_splat(c, 20), re(X + 160)));
}
@inline function outputIm(c: usize): v128 {
  let sum = mul(v128.load32_splat(c), im(X));
  sum = add(sum, mul(v128.load32_splat(c, 4), im(X + 32))); sum = add(sum, mul(v128.load32_splat(c, 8), im(X + 64)));
  sum = add(sum, mul(v128.load32_splat(c, 12), im(X + 96))); sum = add(sum, mul(v128.load32_splat(c, 16), im(X + 128)));
  return add(sum, mul(v128.load32_splat(c, 20), im(X + 160)));
}

/** T of both outputs on all bins: four f32[bins] arrays. */
export function transferForward(grid: usize, settings: usize, leftRe: usize, leftIm: usize, rightRe: usize, rightIm: usize): void {
  const cells = load<i32>(grid);
  let phi = <usize>load<i32>(grid, 4), sine = <usize>load<i32>(grid, 8), cellPhasors = <usize>load<i32>(grid, 12);
  const phasors = <usize>load<i32>(grid, 16), c = <usize>load<i32>(settings, 8), scalars = <usize>load<i32>(settings, 28);
  let nodes = <usize>load<i32>(settings, 12), cellDelay = <usize>load<i32>(settings, 20);
  const panLeft = v128.load32_splat(scalars, 24), panRight = v128.load32_splat(scalars, 28);
  for (let cell = 0; cell < cells; cell++, cellPhasors += 48, nodes += 24, cellDelay += 8) {
    for (let quarter = 0; quarter < 4; quarter++) {
      evaluateGroup(v128.load(FRACTIONS + (<usize>quarter << 4)), v128.load(phi), v128.load(sine), settings, quarter, cellPhasors, phasors + <usize>quarter * 192, nodes, cellDelay);
      const qr = re(Q), qi = im(Q);
      let yr = outputRe(c), yi = outputIm(c);
      v128.store(leftRe, add(add(panLeft, re(D_LEFT)), realProduct(qr, qi, yr, yi))); v128.store(leftIm, add(im(D_LEFT), imaginaryProduct(qr, qi, yr, yi)));
      yr = outputRe(c + 24); yi = outputIm(c + 24);
      v128.store(rightRe, add(add(panRight, re(D_RIGHT)), realProduct(qr, qi, yr, yi))); v128.store(rightIm, add(im(D_RIGHT), imaginaryProduct(qr, qi, yr, yi)));
      phi += 16; sine += 16; leftRe += 16; leftIm += 16; rightRe += 16; rightIm += 16;
    }
  }
}

// ---------------------------------------------------------------- adjoint

// Places in TOTALS.
const PAN: i32 = 0, DELAY_GAIN: i32 = 2, SEND: i32 = 6, FEEDBACK: i32 = 7, SURROGATE: i32 = 8, INPUT: i32 = 10, OUTPUT: i32 = 22, MIXING: i32 = 34;
const TOTAL_COUNT: i32 = 70;
/** Vectors gathered per cell: six Γ_i, then W of the reverb filters (re, im) and of the delay's low-pass (re, im). */
const CELL_VALUES: i32 = 10;
const CELL: usize = memory.data(CELL_VALUES * 32 + 64, 16);

@inline function total(index: i32, v: v128): void { const p = TOTALS + (<usize>index << 4); v128.store(p, add(v128.load(p), v)); }
@inline function gather(index: i32, t: v128, v: v128): void {
  const p = CELL + (<usize>index << 5), after = mul(t, v);
  v128.store(p, add(v128.load(p), sub(v, after))); v128.store(p, add(v128.load(p, 16), after), 16);
}

@inline function lineGradient(i: i32, t: v128, c: usize, rlr: v128, rli: v128, rrr: v128, rri: v128): void {
  const cl = v128.load32_splat(c + (<usize>i << 2)), cr = v128.load32_splat(c + 24 + (<usize>i << 2)), x = entry(X, i);
  total(OUTPUT + i, add(mul(rlr, re(x)), mul(rli, im(x)))); total(OUTPUT + 6 + i, add(mul(rrr, re(x)), mul(rri, im(x))));
  const xr = add(mul(cl, rlr), mul(cr, rrr)), xi = add(mul(cl, rli), mul(cr, rri)), inverse = v128.load(GAMMA + (<usize>i << 4));
  // −Re(x̄* x)/Γ now, the rest when λ is known.
  gather(i, t, mul(sub(zero(), inverse), add(mul(xr, re(x)), mul(xi, im(x)))));
  put(entry(LAMBDA, i), mul(inverse, xr), mul(inverse, xi));
}

@inline function mixingGradient(i: i32): void {
  const l = entry(LAMBDA, i);
  total(MIXING + i * 6, inner(l, S)); total(MIXING + i * 6 + 1, inner(l, S + 32)); total(MIXING + i * 6 + 2, inner(l, S + 64));
  total(MIXING + i * 6 + 3, inner(l, S + 96)); total(MIXING + i * 6 + 4, inner(l, S + 128)); total(MIXING + i * 6 + 5, inner(l, S + 160));
}

@inline function attenuationGradient(i: i32, t: v128): void {
  // Re(λ* F s)/Γ, and F s = z* x.
  const f = entry(F, i), s = entry(S, i), l = entry(LAMBDA, i);
  const r = realProduct(re(f), im(f), re(s), im(s)), q = imaginaryProduct(re(f), im(f), re(s), im(s));
  gather(i, t, mul(v128.load(GAMMA + (<usize>i << 4)), add(mul(re(l), r), mul(im(l), q))));
  total(INPUT + 2 * i, inner(l, V_LEFT)); total(INPUT + 2 * i + 1, inner(l, V_RIGHT));
}

@inline function inputGradient(b: usize, imaginary: bool): v128 {
  const offset: usize = imaginary ? 16 : 0;
  let sum = mul(v128.load32_splat(b), v128.load(LAMBDA + offset));
  sum = add(sum, mul(v128.load32_splat(b, 8), v128.load(LAMBDA + 32 + offset))); sum = add(sum, mul(v128.load32_splat(b, 16), v128.load(LAMBDA + 64 + offset)));
  sum = add(sum, mul(v128.load32_splat(b, 24), v128.load(LAMBDA + 96 + offset))); sum = add(sum, mul(v128.load32_splat(b, 32), v128.load(LAMBDA + 128 + offset)));
  return add(sum, mul(v128.load32_splat(b, 40), v128.load(LAMBDA + 160 + offset)));
}

/**
 * Gradients from T̄ (four f32[bins] arrays, ∂loss/∂re and ∂loss/∂im).
 * `totals`: f64[70] out: pan left, right; delay gains left odd, left even, right odd, right even; send; γ;
 *   Σ k η^b Im W and Σ k η^b Re W, W = Ē* E, k the bin (delay time and damping of the surrogate); B; C; U.
 * `cellSums`: f32[cells][10][2] out: six Γ̄, then re and im of W = Σ_o T̄_o* Q y_o (reverb filters) and of Ē* E, each with the
 *   weights of the cell's first and second node; ∂loss/∂(ln filter) = Re(W ∂ ln H).
 */
export function transferAdjoint(grid: usize, settings: usize, leftRe: usize, leftIm: usize, rightRe: usize, rightIm: usize, totals: usize, cellSums: usize): void {
  const cells = load<i32>(grid);
  let phi = <usize>load<i32>(grid, 4), sine = <usize>load<i32>(grid, 8), cellPhasors = <usize>load<i32>(grid, 12);
  const phasors = <usize>load<i32>(grid, 16), u = <usize>load<i32>(settings), b = <usize>load<i32>(settings, 4), c = <usize>load<i32>(settings, 8), scalars = <usize>load<i32>(settings, 28);
  let nodes = <usize>load<i32>(settings, 12), cellDelay = <usize>load<i32>(settings, 20), surrogate = <usize>load<i32>(settings, 40);
  const surrogateWithin = <usize>load<i32>(settings, 44);
  const terms = load<i32>(settings, 32), evenTerms = load<i32>(settings, 36);
  memory.fill(totals, 0, TOTAL_COUNT << 3);
  memory.fill(TOTALS, 0, TOTAL_COUNT << 4);
  for (let cell = 0; cell < cells; cell++, cellPhasors += 48, nodes += 24, cellDelay += 8, surrogate += 4, cellSums += 80) {
    memory.fill(CELL, 0, CELL_VALUES * 32);
    for (let quarter = 0; quarter < 4; quarter++) {
      const t = v128.load(FRACTIONS + (<usize>quarter << 4));
      evaluateGroup(t, v128.load(phi), v128.load(sine), settings, quarter, cellPhasors, phasors + <usize>quarter * 192, nodes, cellDelay);
      const tlr = v128.load(leftRe), tli = v128.load(leftIm), trr = v128.load(rightRe), tri = v128.load(rightIm);
      total(PAN, tlr); total(PAN + 1, trr);
      // Reverb filters: W = Σ T̄* Q y, and the gradient of y is Q* T̄.
      const qr = re(Q), qi = im(Q);
      const rlr = add(mul(qr, tlr), mul(qi, tli)), rli = sub(mul(qr, tli), mul(qi, tlr)), rrr = add(mul(qr, trr), mul(qi, tri)), rri = sub(mul(qr, tri), mul(qi, trr));
      const ylr = outputRe(c), yli = outputIm(c), yrr = outputRe(c + 24), yri = outputIm(c + 24);
      gather(6, t, add(add(mul(rlr, ylr), mul(rli, yli)), add(mul(rrr, yrr), mul(rri, yri))));
      gather(7, t, add(sub(mul(rlr, yli), mul(rli, ylr)), sub(mul(rrr, yri), mul(rri, yrr))));
      lineGradient(0, t, c, rlr, rli, rrr, rri); lineGradient(1, t, c, rlr, rli, rrr, rri); lineGradient(2, t, c, rlr, rli, rrr, rri);
      lineGradient(3, t, c, rlr, rli, rrr, rri); lineGradient(4, t, c, rlr, rli, rrr, rri); lineGradient(5, t, c, rlr, rli, rrr, rri);
      solveAdjoint(u);
      mixingGradient(0); mixingGradient(1); mixingGradient(2); mixingGradient(3); mixingGradient(4); mixingGradient(5);
      attenuationGradient(0, t); attenuationGradient(1, t); attenuationGradient(2, t); attenuationGradient(3, t); attenuationGradient(4, t); attenuationGradient(5, t);
      // Delay.
      const vlr = inputGradient(b, false), vli = inputGradient(b, true), vrr = inputGradient(b + 4, false), vri = inputGradient(b + 4, true);
      total(SEND, add(add(mul(vlr, re(D_LEFT)), mul(vli, im(D_LEFT))), add(mul(vrr, re(D_RIGHT)), mul(vri, im(D_RIGHT)))));
      const send = v128.load32_splat(scalars, 20);
      const dlr = add(tlr, mul(send, vlr)), dli = add(tli, mul(send, vli)), drr = add(trr, mul(send, vrr)), dri = add(tri, mul(send, vri));
      total(DELAY_GAIN, add(mul(dlr, re(ODD)), mul(dli, im(ODD)))); total(DELAY_GAIN + 1, add(mul(dlr, re(EVEN)), mul(dli, im(EVEN))));
      total(DELAY_GAIN + 2, add(mul(drr, re(ODD)), mul(dri, im(ODD)))); total(DELAY_GAIN + 3, add(mul(drr, re(EVEN)), mul(dri, im(EVEN))));
      const lo = v128.load32_splat(scalars, 4), le = v128.load32_splat(scalars, 8), ro = v128.load32_splat(scalars, 12), rEven = v128.load32_splat(scalars, 16);
      const oddR = add(mul(lo, dlr), mul(ro, drr)), oddI = add(mul(lo, dli), mul(ro, dri)), evenR = add(mul(le, dlr), mul(rEven, drr)), evenI = add(mul(le, dli), mul(rEven, dri));
      // With q = γE, r = q²: E ∂odd/∂E = odd + q ∂odd/∂q, γ ∂odd/∂γ = q ∂odd/∂q = 2 E r P'(r); even alike with one factor more.
      const er = re(E), ei = im(E), feedback = v128.load32_splat(scalars);
      const gr = mul(feedback, er), gi = mul(feedback, ei), rr = realProduct(gr, gi, gr, gi), ri = imaginaryProduct(gr, gi, gr, gi);
      let hr = splat(1), hi = zero(), sr = zero(), si = zero(), evenSr = zero(), evenSi = zero();
      for (let j = 1; j < terms; j++) {
        // P ← 1 + r P, P' ← P + r P'
        const nsr = add(hr, realProduct(rr, ri, sr, si)), nsi = add(hi, imaginaryProduct(rr, ri, sr, si));
        const nhr = add(splat(1), realProduct(rr, ri, hr, hi)), nhi = imaginaryProduct(rr, ri, hr, hi);
        sr = nsr; si = nsi; hr = nhr; hi = nhi;
        if (j < evenTerms) { evenSr = sr; evenSi = si; }
      }
      // qOdd = 2 E r P'; qEven = even + 2 γE² r P'.
      let ar = realProduct(rr, ri, sr, si), ai = imaginaryProduct(rr, ri, sr, si);
      const two = splat(2);
      const qOddR = mul(two, realProduct(er, ei, ar, ai)), qOddI = mul(two, imaginaryProduct(er, ei, ar, ai));
      ar = realProduct(rr, ri, evenSr, evenSi); ai = imaginaryProduct(rr, ri, evenSr, evenSi);
      const br = realProduct(er, ei, ar, ai), bi = imaginaryProduct(er, ei, ar, ai);
      const qEvenR = add(re(EVEN), mul(two, realProduct(gr, gi, br, bi))), qEvenI = add(im(EVEN), mul(two, imaginaryProduct(gr, gi, br, bi)));
      // γ ∂loss/∂γ; the caller divides by γ.
      total(FEEDBACK, add(add(mul(oddR, qOddR), mul(oddI, qOddI)), add(mul(evenR, qEvenR), mul(evenI, qEvenI))));
      const oR = add(re(ODD), qOddR), oI = add(im(ODD), qOddI), vR = add(re(EVEN), qEvenR), vI = add(im(EVEN), qEvenI);
      const wr = add(add(mul(oddR, oR), mul(oddI, oI)), add(mul(evenR, vR), mul(evenI, vI)));
      const wi = add(sub(mul(oddR, oI), mul(oddI, oR)), sub(mul(evenR, vI), mul(evenI, vR)));
      gather(8, t, wr); gather(9, t, wi);
      const bin = add(splat(<f32>(cell << 4)), mul(splat(16), t));
      const weight = mul(bin, mul(v128.load32_splat(surrogate), v128.load(surrogateWithin + (<usize>quarter << 4))));
      total(SURROGATE, mul(weight, wi)); total(SURROGATE + 1, mul(weight, wr));
      phi += 16; sine += 16; leftRe += 16; leftIm += 16; rightRe += 16; rightIm += 16;
    }
    for (let value = 0; value < CELL_VALUES * 2; value += 4) {
      const p = CELL + (<usize>value << 4), v0 = v128.load(p), v1 = v128.load(p, 16), v2 = v128.load(p, 32), v3 = v128.load(p, 48);
      const ab = interleaveLow(v0, v1), cd = interleaveLow(v2, v3), abh = interleaveHigh(v0, v1), cdh = interleaveHigh(v2, v3);
      v128.store(cellSums + bytesOfFloats(value), add(add(joinLow(ab, cd), joinHigh(ab, cd)), add(joinLow(abh, cdh), joinHigh(abh, cdh))));
    }
    if ((cell & 15) == 15 || cell == cells - 1) {
      for (let index = 0; index < TOTAL_COUNT; index++) {
        const from = TOTALS + (<usize>index << 4), to = totals + (<usize>index << 3);
        store<f64>(to, load<f64>(to) + sumLanes64(v128.load(from)));
        v128.store(from, zero());
      }
    }
  }
}

// ---------------------------------------------------------------- one segment

/** Y_o = scale · T_o U; f32[bins] arrays. */
export function applyTransfer(bins: i32, inputRe: usize, inputIm: usize, tRe: usize, tIm: usize, outRe: usize, outIm: usize, scale: f32): void {
  const k = splat(scale);
  for (const end = inputRe + bytesOfFloats(bins); inputRe < end; inputRe += 16, inputIm += 16, tRe += 16, tIm += 16, outRe += 16, outIm += 16) {
    const a = mul(k, v128.load(inputRe)), b = mul(k, v128.load(inputIm)), c = v128.load(tRe), d = v128.load(tIm);
    v128.store(outRe, realProduct(a, b, c, d)); v128.store(outIm, imaginaryProduct(a, b, c, d));
  }
}

/** T̄_o += scale · U* Ȳ_o and Ū (+)= scale/2 · T_o* Ȳ_o; Ū is stored when `first`, else added. */
export function applyTransferAdjoint(
  bins: i32, inputRe: usize, inputIm: usize, tRe: usize, tIm: usize, gradRe: usize, gradIm: usize,
  gradTRe: usize, gradTIm: usize, gradInputRe: usize, gradInputIm: usize, scale: f32, first: bool,
): void {
  const k = splat(scale), half = splat(0.5);
  for (const end = inputRe + bytesOfFloats(bins); inputRe < end; inputRe += 16, inputIm += 16, tRe += 16, tIm += 16, gradRe += 16, gradIm += 16, gradTRe += 16, gradTIm += 16, gradInputRe += 16, gradInputIm += 16) {
    const gr = mul(k, v128.load(gradRe)), gi = mul(k, v128.load(gradIm));
    const a = v128.load(inputRe), b = v128.load(inputIm), c = v128.load(tRe), d = v128.load(tIm);
    v128.store(gradTRe, add(v128.load(gradTRe), add(mul(a, gr), mul(b, gi)))); v128.store(gradTIm, add(v128.load(gradTIm), sub(mul(a, gi), mul(b, gr))));
    let ur = mul(half, add(mul(c, gr), mul(d, gi))), ui = mul(half, sub(mul(c, gi), mul(d, gr)));
    if (!first) { ur = add(ur, v128.load(gradInputRe)); ui = add(ui, v128.load(gradInputIm)); }
    v128.store(gradInputRe, ur); v128.store(gradInputIm, ui);
  }
}
