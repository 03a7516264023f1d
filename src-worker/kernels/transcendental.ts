// Natural logarithm and base-2 exponential of four float32 numbers, relative error below 2e-7.

import { add, sub, mul, splat } from './vector';

/** Four copies of each constant, 16 bytes apart: loads from memory are cheaper than vector literals in hot loops. */
const TABLE: usize = memory.data<f32>([
  // 0: ln(1+t)/t for t in −1/3..1/3, degree 7, least squares in the maximum norm
  0.9999999403953552, 0.9999999403953552, 0.9999999403953552, 0.9999999403953552,
  -0.5000036358833313, -0.5000036358833313, -0.5000036358833313, -0.5000036358833313,
  0.33335059881210327, 0.33335059881210327, 0.33335059881210327, 0.33335059881210327,
  -0.24969908595085144, -0.24969908595085144, -0.24969908595085144, -0.24969908595085144,
  0.19900165498256683, 0.19900165498256683, 0.19900165498256683, 0.19900165498256683,
  -0.17250829935073853, -0.17250829935073853, -0.17250829935073853, -0.17250829935073853,
  0.16222579777240753, 0.16222579777240753, 0.16222579777240753, 0.16222579777240753,
  -0.10106895118951797, -0.10106895118951797, -0.10106895118951797, -0.10106895118951797,
  // 128: ln 2, 144: bits of 2/3 as float, 160: 1
  0.6931471805599453, 0.6931471805599453, 0.6931471805599453, 0.6931471805599453,
  0.6666666865348816, 0.6666666865348816, 0.6666666865348816, 0.6666666865348816,
  1, 1, 1, 1,
  // 176: 2^f for f in −1/2..1/2: (ln 2)^k / k!, k = 1..7
  0.6931471805599453, 0.6931471805599453, 0.6931471805599453, 0.6931471805599453,
  0.2402265069591007, 0.2402265069591007, 0.2402265069591007, 0.2402265069591007,
  0.05550410866482158, 0.05550410866482158, 0.05550410866482158, 0.05550410866482158,
  0.009618129107628477, 0.009618129107628477, 0.009618129107628477, 0.009618129107628477,
  0.0013333558146428443, 0.0013333558146428443, 0.0013333558146428443, 0.0013333558146428443,
  0.00015403530393381608, 0.00015403530393381608, 0.00015403530393381608, 0.00015403530393381608,
  0.000015252733804059841, 0.000015252733804059841, 0.000015252733804059841, 0.000015252733804059841,
], 16);

/** ln x for positive normal x. */
@inline export function ln(x: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(x, v128.load(TABLE, 144)), 23);
  const t = sub(i32x4.sub(x, i32x4.shl(exponent, 23)), v128.load(TABLE, 160));
  const t2 = mul(t, t);
  const low = add(add(v128.load(TABLE), mul(t, v128.load(TABLE, 16))), mul(add(v128.load(TABLE, 32), mul(t, v128.load(TABLE, 48))), t2));
  const high = add(add(v128.load(TABLE, 64), mul(t, v128.load(TABLE, 80))), mul(add(v128.load(TABLE, 96), mul(t, v128.load(TABLE, 112))), t2));
  const p = add(low, mul(high, mul(t2, t2)));
  return add(mul(p, t), mul(f32x4.convert_i32x4_s(exponent), v128.load(TABLE, 128)));
}

/** 2^x for x in −126..127; smaller x give the smallest normal number. */
@inline export function exp2(x: v128): v128 {
  const clipped = f32x4.pmax(splat(-126), x);
  const whole = f32x4.nearest(clipped);
  const f = sub(clipped, whole);
  let p = v128.load(TABLE, 272);
  p = add(mul(p, f), v128.load(TABLE, 256));
  p = add(mul(p, f), v128.load(TABLE, 240));
  p = add(mul(p, f), v128.load(TABLE, 224));
  p = add(mul(p, f), v128.load(TABLE, 208));
  p = add(mul(p, f), v128.load(TABLE, 192));
  p = add(mul(p, f), v128.load(TABLE, 176));
  p = add(mul(p, f), v128.load(TABLE, 160));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23);
  return mul(p, scale);
}
