/** For tests: a child process that answers, and misbehaves on request. */
import { linkToParent } from '../../src-worker/host/parent.ts';

const flags = new Set(process.argv.slice(2));
if (flags.has('--die-at-start')) process.exit(1);
if (flags.has('--noise')) {
  process.stdout.write('a line on stdout\n');
  process.stderr.write('ALSA lib confmisc.c:767:(parse_card) cannot find card\n');
  process.stderr.write('a line on stderr\n');
}

const link = linkToParent();
const granted: [string, string][] = [];
link.onGrant((file, path) => granted.push([file, path]));
link.onConnect((port) => {
  port.onMessage((message) => {
    switch (message) {
      case 'pid':
        port.send(process.pid);
        break;
      case 'grants':
        port.send(granted);
        break;
      case 'die':
        process.exit(1);
        break;
      case 'hang':
        for (;;);
      case 'hang up':
        port.close();
        break;
      default:
        port.send({ echo: message });
    }
  });
  port.onClose(() => {
    granted.push(['closed', '']);
  });
});
link.onQuit(() => {
  if (!flags.has('--ignore-quit')) process.exit(0);
});
if (!flags.has('--never-ready')) link.ready();
