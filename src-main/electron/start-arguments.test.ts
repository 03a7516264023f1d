import { expect, test } from 'vitest';
import { sessionOf } from './start-arguments.ts';

test.each([
  [['voxfit', 'a.voxfit'], '/home/me/a.voxfit'],
  [['electron', '/opt/voxfit', '--allow-file-access=x.voxfit', '/b/My Song.VOXFIT'], '/b/My Song.VOXFIT'],
  [['electron', '/opt/voxfit'], undefined],
  [['/opt/my.voxfit'], undefined],
  [['voxfit', '--x', 'take.wav'], undefined],
])('%j', (argv, session) => {
  expect(sessionOf(argv, '/home/me')).toBe(session);
});
