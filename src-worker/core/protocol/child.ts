/** What the host tells a child process besides carrying its ports, and what the child answers. */
import { z } from 'zod';
import { fileIdSchema } from './schemas.ts';

export const childOrderSchema = z.discriminatedUnion('t', [
  /** A window's connection; under Electron its MessagePort comes along, elsewhere `port` messages carry it. */
  z.object({ t: z.literal('connect'), port: z.int() }),
  z.object({ t: z.literal('port'), port: z.int(), data: z.unknown() }),
  z.object({ t: z.literal('disconnect'), port: z.int() }),
  /** The child may read and write this file. */
  z.object({ t: z.literal('grant'), file: fileIdSchema, path: z.string() }),
  /** The answer to `gpu`: a MessagePort comes along, see gpu.ts; none where there is no GPU to lend. */
  z.object({ t: z.literal('gpu') }),
  z.object({ t: z.literal('ping'), id: z.int() }),
  z.object({ t: z.literal('quit') }),
]);
export type ChildOrder = z.infer<typeof childOrderSchema>;

export const childAnswerSchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('ready') }),
  z.object({ t: z.literal('pong'), id: z.int() }),
  /** Asks for a GPU; of children that cannot reach one themselves. */
  z.object({ t: z.literal('gpu') }),
  z.object({ t: z.literal('port'), port: z.int(), data: z.unknown() }),
  z.object({ t: z.literal('disconnect'), port: z.int() }),
]);
export type ChildAnswer = z.infer<typeof childAnswerSchema>;
