import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadingProblem } from './node-gpu.ts';

const folder = mkdtempSync(join(tmpdir(), 'voxfit-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What Node.js throws at the import of a package with this program, or of none. */
function thrownAtImport(name: string, program?: string): unknown {
  const root = join(folder, name);
  const installed = join(root, 'node_modules', 'webgpu');
  mkdirSync(program === undefined ? root : installed, { recursive: true });
  if (program !== undefined) {
    writeFileSync(join(installed, 'package.json'), '{"name":"webgpu","type":"module","main":"index.js"}');
    writeFileSync(join(installed, 'index.js'), program);
    writeFileSync(join(installed, 'dawn.node'), 'no library');
  }
  const report = 'import("webgpu").catch(({code, message}) => console.log(JSON.stringify({code, message})))';
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', report], {
    cwd: root,
    encoding: 'utf8',
  });
  const { code, message } = JSON.parse(printed) as { code?: string; message: string };
  return Object.assign(new Error(message), { code });
}

describe('a binding that cannot be loaded', () => {
  it('is to be installed where it is not', () => {
    expect(loadingProblem(thrownAtImport('none')).message).toBe(
      'WebGPU is not installed here: npm install webgpu.',
    );
  });

  const load = 'import { createRequire } from "node:module"; createRequire(import.meta.url)';
  it.each([
    ['its library is broken', `${load}("./dawn.node");`],
    ['its library is missing', `${load}("./elsewhere.node");`],
    ['it lacks another package', 'import "what-webgpu-needs";'],
    ['it fails', 'throw new Error("No memory\\nfor this");'],
  ])('says what is wrong where %s', (name, program) => {
    const { message } = loadingProblem(thrownAtImport(name, program));
    expect(message).toMatch(/^WebGPU is installed but cannot be loaded here: [^\n]+\.$/);
  });
});
