import { afterEach, expect, test, vi } from 'vitest';
import { withQuietConsole } from './quiet-console.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('silences what runs inside, until the last of several is done, also when one fails', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  let finish = (): void => undefined;
  const long = withQuietConsole(async () => {
    await new Promise<void>((resolve) => (finish = resolve));
    console.log('inside');
    return 'result';
  });
  await expect(
    withQuietConsole(async () => {
      console.log('inside');
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  console.log('still inside the other');
  finish();
  expect(await long).toBe('result');
  expect(log).not.toHaveBeenCalled();
  console.log('outside');
  expect(log).toHaveBeenCalledExactlyOnceWith('outside');
});
