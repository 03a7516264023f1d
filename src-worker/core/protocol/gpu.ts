/**
 * What a page that reaches a GPU does for the engine where the engine's own process cannot: one connection is one device
 * with one set of segments on it, and its end gives everything back. A GPU that fails answers `unavailable`.
 */
import { z } from 'zod';
import { PARAMETER_COUNT } from '../chain/parameters.ts';
import type { Contract } from './contract.ts';
import { float32Schema, float64Schema, termsSchema } from './schemas.ts';

const nothing = z.object({});

const adapterSchema = z.object({
  name: z.string(),
  type: z.enum(['hardware', 'software']),
  limits: z.record(z.string(), z.number()),
});

export const gpuContract = {
  name: 'the GPU',
  methods: {
    /** The first call. */
    open: { in: nothing, out: adapterSchema },
    /** One segment more; one a message, since they are large. */
    'segment.add': {
      in: z
        .object({
          dry: float32Schema,
          left: float32Schema,
          right: float32Schema,
          warmupSamples: z.int().nonnegative(),
        })
        .refine(
          ({ dry, left, right, warmupSamples }) =>
            left.length === dry.length && right.length === dry.length && warmupSamples < dry.length,
        ),
      out: nothing,
    },
    /**
     * Once all segments are there, with memory for `together` of them side by side, or all; again, with none added, for the
     * same segments and another number.
     */
    prepare: { in: z.object({ together: z.int().positive().optional() }), out: nothing },
    /** See engine/objective.ts. */
    evaluate: {
      in: z.object({
        raw: float64Schema.refine((raw) => raw.length === PARAMETER_COUNT + 1 && raw.every(Number.isFinite)),
        segments: z.array(z.int().nonnegative()).min(1),
        mode: z.enum(['train', 'eval']),
        withGradient: z.boolean(),
      }),
      out: z.object({
        total: z.number(),
        terms: termsSchema,
        delayRegulariser: z.number(),
        gradient: float64Schema.optional(),
      }),
    },
  },
  events: {},
} as const satisfies Contract;

export type GpuContract = typeof gpuContract;
