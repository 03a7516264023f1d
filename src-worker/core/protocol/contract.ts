/**
 * Calls, answers and events over a {@link Port}, described by one contract per port: `method: {in, out}` and
 * `event: payload` schemas. Types are inferred from the schemas; the serving side validates what comes in.
 *
 * Long methods take a `job` id chosen by the caller, emit `progress` events that carry it, and end early on `cancel`.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Port } from './port.ts';

export interface Contract {
  readonly name: string;
  readonly methods: Readonly<Record<string, { readonly in: z.ZodType; readonly out: z.ZodType }>>;
  readonly events: Readonly<Record<string, z.ZodType>>;
}

export type MethodName<C extends Contract> = keyof C['methods'] & string;
export type EventName<C extends Contract> = keyof C['events'] & string;
export type Input<C extends Contract, M extends MethodName<C>> = z.input<C['methods'][M]['in']>;
export type ParsedInput<C extends Contract, M extends MethodName<C>> = z.output<C['methods'][M]['in']>;
export type Output<C extends Contract, M extends MethodName<C>> = z.output<C['methods'][M]['out']>;
export type Payload<C extends Contract, E extends EventName<C>> = z.output<C['events'][E]>;

export type Handlers<C extends Contract> = {
  readonly [M in MethodName<C>]: (input: ParsedInput<C, M>) => Output<C, M> | Promise<Output<C, M>>;
};

/** What can go wrong with a call: a UserError's codes, a message that breaks the contract, a defect, a lost
 * port, a device that is missing or lost. */
export const ERROR_CODES = [
  'usage',
  'bad-input',
  'output',
  'interrupted',
  'bad-message',
  'defect',
  'disconnected',
  'unavailable',
] as const;
export type CallErrorCode = (typeof ERROR_CODES)[number];

/** A failed call; `message` is one sentence for the user. */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    readonly code: CallErrorCode,
    message: string,
  ) {
    super(message);
  }
}

const callSchema = z.object({
  t: z.literal('call'),
  id: z.int().nonnegative(),
  method: z.string().max(64),
  input: z.unknown(),
});
const replySchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('done'), id: z.int(), output: z.unknown() }),
  z.object({ t: z.literal('failed'), id: z.int(), code: z.enum(ERROR_CODES), message: z.string() }),
  z.object({ t: z.literal('event'), event: z.string(), payload: z.unknown() }),
]);

/** Emits the contract's events to one connection. */
export type Emit<C extends Contract> = <E extends EventName<C>>(event: E, payload: Payload<C, E>) => void;

/** What a call that failed tells the other side; defects keep their details to themselves. */
function failureOf(error: unknown): { code: CallErrorCode; message: string } {
  if (error instanceof UserError || error instanceof CallError)
    return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  return { code: 'defect', message: `Unexpected error, please report it: ${message}` };
}

/**
 * Answers calls that arrive at a port. Messages that break the contract are answered with `bad-message` where they have
 * an id, and dropped where they have none. `onDefect` sees what was thrown that is no UserError.
 */
export function serve<C extends Contract>(
  contract: C,
  port: Port,
  handlersFor: (emit: Emit<C>) => Handlers<C>,
  onDefect: (error: unknown) => void = () => undefined,
): Emit<C> {
  const emit: Emit<C> = (event, payload) => {
    port.send({ t: 'event', event, payload });
  };
  const handlers = handlersFor(emit);
  port.onMessage((message) => {
    const parsed = callSchema.safeParse(message);
    if (!parsed.success) return;
    const { id, method, input } = parsed.data;
    const fail = (error: unknown) => {
      port.send({ t: 'failed', id, ...failureOf(error) });
    };
    const shape = Object.hasOwn(contract.methods, method) ? contract.methods[method] : undefined;
    if (!shape) {
      fail(new CallError('bad-message', `${contract.name} has no method “${method.slice(0, 64)}”.`));
      return;
    }
    const checked = shape.in.safeParse(input);
    if (!checked.success) {
      const { path, message: reason } = checked.error.issues[0]!;
      const where = path.length > 0 ? ` at ${path.map(String).join('.')}` : '';
      fail(new CallError('bad-message', `${contract.name}.${method} was called wrongly${where}: ${reason}.`));
      return;
    }
    const handler = handlers[method as MethodName<C>] as (input: unknown) => unknown;
    Promise.resolve()
      .then(() => handler(checked.data))
      .then(
        (output) => {
          port.send({ t: 'done', id, output });
        },
        (error: unknown) => {
          if (!(error instanceof UserError) && !(error instanceof CallError)) onDefect(error);
          fail(error);
        },
      );
  });
  return emit;
}

/** The calling side of a contract. */
export class Client<C extends Contract> {
  private readonly waiting = new Map<
    number,
    { resolve: (output: never) => void; reject: (error: CallError) => void }
  >();
  private readonly listeners = new Map<string, Set<(payload: never) => void>>();
  private lastId = 0;
  private isClosed = false;

  constructor(
    readonly contract: C,
    private readonly port: Port,
  ) {
    port.onMessage((message) => {
      this.receive(message);
    });
    port.onClose(() => {
      this.isClosed = true;
      for (const { reject } of this.waiting.values()) reject(this.disconnected());
      this.waiting.clear();
    });
  }

  /** Rejects with a {@link CallError}; `disconnected` when the port closes before the answer. */
  call<M extends MethodName<C>>(method: M, input: Input<C, M>): Promise<Output<C, M>> {
    if (this.isClosed) return Promise.reject(this.disconnected());
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.port.send({ t: 'call', id, method, input });
    });
  }

  /** Returns the function that stops listening. */
  on<E extends EventName<C>>(event: E, listener: (payload: Payload<C, E>) => void): () => void {
    const set = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, set);
    set.add(listener);
    return () => {
      set.delete(listener);
    };
  }

  onClose(listener: () => void): void {
    this.port.onClose(listener);
  }

  close(): void {
    this.port.close();
  }

  private receive(message: unknown): void {
    const parsed = replySchema.safeParse(message);
    if (!parsed.success) return;
    const reply = parsed.data;
    if (reply.t === 'event') {
      for (const listener of this.listeners.get(reply.event) ?? []) listener(reply.payload as never);
      return;
    }
    const call = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (reply.t === 'done') call?.resolve(reply.output as never);
    else call?.reject(new CallError(reply.code, reply.message));
  }

  private disconnected(): CallError {
    return new CallError(
      'disconnected',
      `The connection to ${this.contract.name} is gone; it is being restored.`,
    );
  }
}
