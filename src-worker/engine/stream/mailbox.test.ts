import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { describe, expect, it } from 'vitest';
import { MailboxReader, MailboxWriter, mailboxBuffer, slotOffsets } from './mailbox.ts';

const NUMBERS = 500;
const recordsOf = (buffer: ArrayBufferLike) =>
  slotOffsets(NUMBERS * 8).map((offset) => new Float64Array(buffer, offset, NUMBERS));

describe('a mailbox', () => {
  const open = () => {
    const buffer = mailboxBuffer(NUMBERS * 8);
    const records = recordsOf(buffer);
    const writer = new MailboxWriter(buffer);
    const reader = new MailboxReader(buffer);
    const post = (value: number) => {
      records[writer.slot]!.fill(value);
      writer.post();
    };
    return { post, reader, held: () => records[reader.slot]![0] };
  };

  it('gives the latest, once', () => {
    const { post, reader, held } = open();
    expect(reader.take()).toBe(false);
    post(1);
    post(2);
    post(3);
    expect(reader.take()).toBe(true);
    expect(held()).toBe(3);
    expect(reader.take()).toBe(false);
  });

  it('leaves the reader what it has while more is written', () => {
    const { post, reader, held } = open();
    post(1);
    reader.take();
    for (let value = 2; value < 10; value++) {
      post(value);
      expect(held()).toBe(1);
    }
    expect(reader.take()).toBe(true);
    expect(held()).toBe(9);
  });
});

const POSTS = 300_000;

/** A thread that posts records of equal numbers 1, 2, …; compiled here, since a thread knows no TypeScript. */
async function writerProgram(): Promise<URL> {
  const source = await readFile(new URL('./mailbox.ts', import.meta.url), 'utf8');
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
  const program = `${transpileModule(source, { compilerOptions }).outputText}
    import { parentPort, workerData } from 'node:worker_threads';
    const writer = new MailboxWriter(workerData);
    const records = slotOffsets(${NUMBERS * 8}).map((offset) => new Float64Array(workerData, offset, ${NUMBERS}));
    for (let post = 1; post <= ${POSTS}; post++) {
      for (let i = 0; i < ${NUMBERS}; i++) records[writer.slot][i] = post;
      writer.post();
    }
    parentPort.postMessage('done');`;
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`);
}

it('never gives a record half written while another thread writes as fast as it can', async () => {
  const buffer = mailboxBuffer(NUMBERS * 8);
  const thread = new Worker(await writerProgram(), { workerData: buffer });
  let isDone = false;
  let failure: Error | undefined;
  thread.on('message', () => (isDone = true));
  thread.on('error', (error) => (failure = error));
  const records = recordsOf(buffer);
  const reader = new MailboxReader(buffer);
  let last = 0;
  let taken = 0;
  while (!isDone || last < POSTS) {
    for (let look = 0; look < 20_000; look++) {
      if (!reader.take()) continue;
      taken++;
      const record = records[reader.slot]!;
      const value = record[0]!;
      if (value <= last) throw new Error(`${value} came after ${last}.`);
      for (let i = 1; i < NUMBERS; i++)
        if (record[i] !== value) throw new Error(`${record[i]} stands beside ${value}.`);
      last = value;
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (failure) throw failure;
  }
  await thread.terminate();
  expect(taken).toBeGreaterThan(10);
});
