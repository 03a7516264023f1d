import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import { FadeCurve, FadedTable, Glide, NODE_SAMPLES, Switch } from './glide.ts';
import type { StreamKernels } from './processor.ts';

const FS = 44_100;

/** The number at every node, until the glide is over or `samples` have passed. */
function nodesOf(glide: Glide, samples = Infinity): number[] {
  const nodes: number[] = [];
  for (let done = 0; glide.isMoving && done < samples; done += NODE_SAMPLES)
    glide.run(NODE_SAMPLES, {
      beginGlide: () => undefined,
      planSegment: () => nodes.push(glide.numbers[0]!),
      endGlide: () => undefined,
      runPart: () => undefined,
    });
  return nodes;
}

describe('a glide', () => {
  it.each([8000, FS, 192_000])(
    'is 99 %% there after 30 ms and ends exactly at its target (%i Hz)',
    (rate) => {
      const glide = new Glide(1, rate);
      glide.jumpTo(Float64Array.of(-3));
      glide.moveTo(Float64Array.of(7.1));
      const nodes = nodesOf(glide);
      const after30Ms = nodes[Math.floor((0.03 * rate) / NODE_SAMPLES)]!;
      expect(Math.abs(after30Ms - 7.1)).toBeLessThan(0.1);
      expect(nodes.at(-1)).toBe(7.1);
      expect((nodes.length * NODE_SAMPLES) / rate).toBeLessThan(0.07);
      for (let i = 1; i < nodes.length; i++) expect(nodes[i]).toBeGreaterThan(nodes[i - 1]!);
    },
  );

  it('bends to a new target without a corner and keeps between the settings asked for', () => {
    const glide = new Glide(1, FS);
    glide.jumpTo(Float64Array.of(0));
    glide.moveTo(Float64Array.of(1));
    const nodes = [0, ...nodesOf(glide, 400)];
    glide.moveTo(Float64Array.of(0.2));
    nodes.push(...nodesOf(glide));
    expect(Math.max(...nodes)).toBeLessThan(1);
    expect(Math.min(...nodes.slice(1))).toBeGreaterThan(0);
    expect(nodes.at(-1)).toBe(0.2);
    const slopes = nodes.slice(1).map((node, i) => node - nodes[i]!);
    const bends = slopes.slice(1).map((slope, i) => Math.abs(slope - slopes[i]!));
    expect(Math.max(...bends)).toBeLessThan(0.02);
  });

  it('does not move to where it is', () => {
    const glide = new Glide(2, FS);
    glide.jumpTo(Float64Array.of(1, 2));
    glide.moveTo(Float64Array.of(1, 2));
    expect(glide.isMoving).toBe(false);
  });
});

describe('fades', () => {
  let kernels: StreamKernels;
  let curve: FadeCurve;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
    curve = new FadeCurve(kernels, 100);
  });
  const weight = (address: number) => kernels.f32(address, 1)[0]!;

  it('a switch that is turned back goes back from where it is', () => {
    const part = new Switch(curve, true);
    part.turn(false);
    part.advance(30);
    const before = weight(part.weights);
    part.turn(true);
    expect(Math.abs(weight(part.weights) - before)).toBeLessThan(0.02);
    expect(weight(part.weights) + weight(part.otherWeights)).toBeCloseTo(1, 6);
    part.advance(29);
    expect(part.isFullyOn).toBe(false);
    part.advance(1);
    expect(part.isFullyOn).toBe(true);
    expect([weight(part.weights), weight(part.otherWeights)]).toEqual([1, 0]);
  });

  it('a table waits for the fade before it, and of several the latest comes next', () => {
    const table = new FadedTable(kernels, 1, curve);
    const of = (value: number) => Float32Array.of(value);
    table.jumpTo(of(1), 1);
    table.moveTo(of(2), 2);
    table.begin();
    table.advance(table.part(60));
    table.moveTo(of(3), 3);
    table.moveTo(of(4), 4);
    table.begin();
    expect([weight(table.address), weight(table.nextAddress)]).toEqual([1, 2]);
    expect(table.part(60)).toBe(40);
    table.advance(40);
    expect([table.isFading, weight(table.address), table.label]).toEqual([false, 2, 2]);
    table.begin();
    expect([table.isFading, weight(table.nextAddress)]).toEqual([true, 4]);
    table.moveTo(of(4), 4);
    table.advance(100);
    table.begin();
    expect([table.isFading, weight(table.address)]).toEqual([false, 4]);
  });
});
