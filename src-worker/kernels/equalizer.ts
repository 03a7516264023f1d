// The six filters before the compressor as one cascade, and its adjoint. Float64 states, float32 storage.
//
// Transposed direct form II:  y = b0 x + s1;  s1 ← b1 x − a1 y + s2;  s2 ← b2 x − a2 y.
// Two filters run in the two lanes of one f64x2: lane 0 holds filters 0, 1, 2 at time i, lane 1 filters 3, 4, 5 at
// time i − 1, so that lane 1 takes what lane 0 put out one iteration before.
//
// `coefficients`: f64[6][5] b0 b1 b2 a1 a2.
// `taps`: four arrays, `stride` bytes apart, of (lane 0, lane 1) float32 pairs: the inputs of filters (0,3), (1,4),
// (2,5) and the outputs of (2,5). Row i of an array is at 8·(i+2); the two rows before are zero (signals start there).
// Length N gives N + 1 rows.

@inline function pairOf(coefficients: usize, index: usize): v128 {
  return f64x2.replace_lane(f64x2.splat(load<f64>(coefficients + (index << 3))), 1, load<f64>(coefficients + (index << 3) + 120));
}
@inline function add(a: v128, b: v128): v128 { return f64x2.add(a, b); }
@inline function sub(a: v128, b: v128): v128 { return f64x2.sub(a, b); }
@inline function mul(a: v128, b: v128): v128 { return f64x2.mul(a, b); }
@inline function storePair(p: usize, v: v128): void { v128.store64_lane(p, f32x4.demote_f64x2_zero(v), 0); }
@inline function loadPair(p: usize): v128 { return f64x2.promote_low_f32x4(v128.load64_zero(p)); }

/** x: f32[N] in, y: f32[N] out. */
export function equalizerForward(x: usize, y: usize, length: i32, coefficients: usize, taps: usize, stride: usize): void {
  const b00 = pairOf(coefficients, 0), b01 = pairOf(coefficients, 1), b02 = pairOf(coefficients, 2), a01 = pairOf(coefficients, 3), a02 = pairOf(coefficients, 4);
  const b10 = pairOf(coefficients, 5), b11 = pairOf(coefficients, 6), b12 = pairOf(coefficients, 7), a11 = pairOf(coefficients, 8), a12 = pairOf(coefficients, 9);
  const b20 = pairOf(coefficients, 10), b21 = pairOf(coefficients, 11), b22 = pairOf(coefficients, 12), a21 = pairOf(coefficients, 13), a22 = pairOf(coefficients, 14);
  const zero = f64x2.splat(0);
  let s01 = zero, s02 = zero, s11 = zero, s12 = zero, s21 = zero, s22 = zero, last = zero;
  for (let row: usize = 0; row < 4; row++) memory.fill(taps + row * stride, 0, 16);
  let p = taps + 16;
  y -= 4;
  for (let i = 0; i <= length; i++, p += 8) {
    const input = i < length ? <f64>load<f32>(x) : 0;
    x += 4;
    let u = f64x2.replace_lane(v128.shuffle<f64>(last, last, 0, 0), 0, input);
    storePair(p, u);
    let v = add(mul(b00, u), s01);
    s01 = sub(add(mul(b01, u), s02), mul(a01, v)); s02 = sub(mul(b02, u), mul(a02, v));
    u = v; storePair(p + stride, u);
    v = add(mul(b10, u), s11);
    s11 = sub(add(mul(b11, u), s12), mul(a11, v)); s12 = sub(mul(b12, u), mul(a12, v));
    u = v; storePair(p + (stride << 1), u);
    v = add(mul(b20, u), s21);
    s21 = sub(add(mul(b21, u), s22), mul(a21, v)); s22 = sub(mul(b22, u), mul(a22, v));
    storePair(p + (stride << 1) + stride, v);
    if (i > 0) store<f32>(y, <f32>f64x2.extract_lane(v, 1));
    y += 4;
    last = v;
  }
}

@inline function storeGradient(p: usize, index: usize, v: v128): void {
  store<f64>(p + (index << 3), f64x2.extract_lane(v, 0));
  store<f64>(p + (index << 3) + 120, f64x2.extract_lane(v, 1));
}

/**
 * Adjoint: v[n] = ȳ[n] − a1 v[n+1] − a2 v[n+2];  x̄[n] = b0 v[n] + b1 v[n+1] + b2 v[n+2];
 * ∂/∂b_k = Σ v[n] x[n−k];  ∂/∂a_k = −Σ v[n] y[n−k].
 * `gradY`: f32[N]; `gradient`: f64[6][5] out. The gradient of x itself is not needed by anyone.
 */
export function equalizerAdjoint(gradY: usize, length: i32, coefficients: usize, taps: usize, stride: usize, gradient: usize): void {
  const b10 = pairOf(coefficients, 5), b11 = pairOf(coefficients, 6), b12 = pairOf(coefficients, 7), a11 = pairOf(coefficients, 8), a12 = pairOf(coefficients, 9);
  const b20 = pairOf(coefficients, 10), b21 = pairOf(coefficients, 11), b22 = pairOf(coefficients, 12), a21 = pairOf(coefficients, 13), a22 = pairOf(coefficients, 14);
  const b00 = pairOf(coefficients, 0), b01 = pairOf(coefficients, 1), b02 = pairOf(coefficients, 2), a01 = pairOf(coefficients, 3), a02 = pairOf(coefficients, 4);
  const zero = f64x2.splat(0);
  let v01 = zero, v02 = zero, v11 = zero, v12 = zero, v21 = zero, v22 = zero, last = zero;
  let gb00 = zero, gb01 = zero, gb02 = zero, ga01 = zero, ga02 = zero;
  let gb10 = zero, gb11 = zero, gb12 = zero, ga11 = zero, ga12 = zero;
  let gb20 = zero, gb21 = zero, gb22 = zero, ga21 = zero, ga22 = zero;
  let p = taps + 16 + ((<usize>length) << 3);
  gradY += (<usize>length) << 2;
  const s1 = stride, s2 = stride << 1, s3 = s2 + stride;
  let x0 = loadPair(p), x1 = loadPair(p - 8), y0 = loadPair(p + s1), y1 = loadPair(p + s1 - 8);
  let z0 = loadPair(p + s2), z1 = loadPair(p + s2 - 8), w1 = loadPair(p + s3 - 8);
  for (let i = length; i >= 0; i--) {
    gradY -= 4;
    // Lane 1 is at time i − 1, lane 0 at time i; lane 0 takes what lane 1 put out one iteration before.
    let g = f64x2.replace_lane(v128.shuffle<f64>(last, last, 1, 1), 1, i > 0 ? <f64>load<f32>(gradY) : 0);
    const x2 = loadPair(p - 16), y2 = loadPair(p + s1 - 16), z2 = loadPair(p + s2 - 16), w2 = loadPair(p + s3 - 16);
    p -= 8;
    let v = sub(sub(g, mul(a22, v22)), mul(a21, v21));
    g = add(mul(b20, v), add(mul(b21, v21), mul(b22, v22)));
    v22 = v21; v21 = v;
    gb20 = add(gb20, mul(v, z0)); gb21 = add(gb21, mul(v, z1)); gb22 = add(gb22, mul(v, z2));
    ga21 = sub(ga21, mul(v, w1)); ga22 = sub(ga22, mul(v, w2));
    v = sub(sub(g, mul(a12, v12)), mul(a11, v11));
    g = add(mul(b10, v), add(mul(b11, v11), mul(b12, v12)));
    v12 = v11; v11 = v;
    gb10 = add(gb10, mul(v, y0)); gb11 = add(gb11, mul(v, y1)); gb12 = add(gb12, mul(v, y2));
    ga11 = sub(ga11, mul(v, z1)); ga12 = sub(ga12, mul(v, z2));
    v = sub(sub(g, mul(a02, v02)), mul(a01, v01));
    last = add(mul(b00, v), add(mul(b01, v01), mul(b02, v02)));
    v02 = v01; v01 = v;
    gb00 = add(gb00, mul(v, x0)); gb01 = add(gb01, mul(v, x1)); gb02 = add(gb02, mul(v, x2));
    ga01 = sub(ga01, mul(v, y1)); ga02 = sub(ga02, mul(v, y2));
    x0 = x1; x1 = x2; y0 = y1; y1 = y2; z0 = z1; z1 = z2; w1 = w2;
  }
  storeGradient(gradient, 0, gb00); storeGradient(gradient, 1, gb01); storeGradient(gradient, 2, gb02); storeGradient(gradient, 3, ga01); storeGradient(gradient, 4, ga02);
  storeGradient(gradient, 5, gb10); storeGradient(gradient, 6, gb11); storeGradient(gradient, 7, gb12); storeGradient(gradient, 8, ga11); storeGradient(gradient, 9, ga12);
  storeGradient(gradient, 10, gb20); storeGradient(gradient, 11, gb21); storeGradient(gradient, 12, gb22); storeGradient(gradient, 13, ga21); storeGradient(gradient, 14, ga22);
}
