import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { CallError, Client, serve, type Handlers } from './contract.ts';
import { joinedPorts, type Port } from './port.ts';

const kitchen = {
  name: 'kitchen',
  methods: {
    cook: { in: z.object({ eggs: z.int().min(1) }), out: z.object({ plates: z.int() }) },
    weigh: { in: z.object({ data: z.instanceof(Float32Array) }), out: z.number() },
  },
  events: { smell: z.object({ of: z.string() }) },
} as const;

function open(handlers: Partial<Handlers<typeof kitchen>> = {}, onDefect?: (error: unknown) => void) {
  const [here, there] = joinedPorts();
  const emit = serve(
    kitchen,
    there,
    () => ({
      cook: ({ eggs }) => ({ plates: Math.ceil(eggs / 2) }),
      weigh: ({ data }) => data.reduce((sum, x) => sum + x, 0),
      ...handlers,
    }),
    onDefect,
  );
  return { client: new Client(kitchen, here), emit, here, there };
}

/** What comes back for a message that no client of ours would send. */
async function answerTo(message: unknown): Promise<unknown> {
  const { here } = open();
  const answer = new Promise((resolve) => {
    here.onMessage(resolve);
  });
  here.send(message);
  return answer;
}

async function failure(call: Promise<unknown>): Promise<CallError> {
  const error: unknown = await call.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CallError);
  return error as CallError;
}

describe('a call', () => {
  it('is answered, each with its own answer, also out of order', async () => {
    const { client } = open({
      cook: async ({ eggs }) => {
        await new Promise((resolve) => setTimeout(resolve, 10 * (3 - eggs)));
        return { plates: eggs };
      },
    });
    const answers = await Promise.all([1, 2, 3].map((eggs) => client.call('cook', { eggs })));
    expect(answers).toEqual([{ plates: 1 }, { plates: 2 }, { plates: 3 }]);
    expect(await client.call('weigh', { data: new Float32Array([1, 2]) })).toBe(3);
  });

  it('that breaks the contract is refused with the place and the reason', async () => {
    const { client } = open();
    const error = await failure(client.call('cook', { eggs: 0 }));
    expect(error.code).toBe('bad-message');
    expect(error.message).toMatch(/kitchen\.cook was called wrongly at eggs: /);
    expect((await failure(client.call('cook', { eggs: 'two' as never }))).code).toBe('bad-message');
    expect((await failure(client.call('weigh', { data: [1] as never }))).code).toBe('bad-message');
  });

  it.each(['bake', 'constructor', '__proto__', 'toString'])('of “%s” is refused', async (method) => {
    expect(await answerTo({ t: 'call', id: 1, method, input: {} })).toMatchObject({
      t: 'failed',
      id: 1,
      code: 'bad-message',
    });
  });

  it('fails with the sentence of a UserError, and with a hint for a defect', async () => {
    const defects: unknown[] = [];
    const { client } = open(
      {
        cook: () => {
          throw new UserError('bad-input', 'The eggs are off; buy others.');
        },
        weigh: () => {
          throw new TypeError('x is undefined\n    at somewhere');
        },
      },
      (error) => defects.push(error),
    );
    const user = await failure(client.call('cook', { eggs: 1 }));
    expect([user.code, user.message]).toEqual(['bad-input', 'The eggs are off; buy others.']);
    expect(defects).toEqual([]);
    const defect = await failure(client.call('weigh', { data: new Float32Array() }));
    expect([defect.code, defect.message]).toEqual([
      'defect',
      'Unexpected error, please report it: x is undefined',
    ]);
    expect(defects).toHaveLength(1);
  });

  it('fails as disconnected when the other side goes, and from then on', async () => {
    const { client, there } = open({ cook: () => new Promise(() => undefined) });
    const waiting = failure(client.call('cook', { eggs: 1 }));
    there.close();
    expect((await waiting).code).toBe('disconnected');
    expect((await failure(client.call('cook', { eggs: 1 }))).code).toBe('disconnected');
  });
});

describe('a serving port', () => {
  it.each([
    null,
    'call',
    [],
    {},
    { t: 'call' },
    { t: 'call', id: -1, method: 'cook', input: {} },
    { t: 'call', id: 1, method: 'c'.repeat(65), input: {} },
    { t: 'done', id: 1 },
  ])('outlives %j', async (message) => {
    const { client, here } = open();
    here.send(message);
    expect(await client.call('cook', { eggs: 2 })).toEqual({ plates: 1 });
  });
});

describe('events', () => {
  it('reach every listener until it stops listening', async () => {
    const { client, emit } = open();
    const heard: string[] = [];
    const stop = client.on('smell', ({ of }) => heard.push(`a ${of}`));
    client.on('smell', ({ of }) => heard.push(`b ${of}`));
    emit('smell', { of: 'onions' });
    await client.call('cook', { eggs: 1 });
    stop();
    emit('smell', { of: 'smoke' });
    await client.call('cook', { eggs: 1 });
    expect(heard).toEqual(['a onions', 'b onions', 'b smoke']);
  });
});

describe('joined ports', () => {
  it('keep what comes before there is a listener, copy what they carry, and close together', async () => {
    const [a, b] = joinedPorts();
    const sent = { data: new Float32Array([1]) };
    a.send(sent);
    sent.data[0] = 9;
    await Promise.resolve();
    const heard: unknown[] = [];
    b.onMessage((message) => heard.push(message));
    expect(heard).toEqual([{ data: new Float32Array([1]) }]);
    const closed: Port[] = [];
    a.onClose(() => closed.push(a));
    b.onClose(() => closed.push(b));
    b.close();
    b.close();
    a.send('too late');
    await Promise.resolve();
    expect(closed).toHaveLength(2);
    expect(heard).toHaveLength(1);
  });
});
