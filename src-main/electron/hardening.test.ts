import { describe, expect, test } from 'vitest';
import {
  GPU_PAGE_URL,
  isOwnAddress,
  isTrustedSender,
  mayNavigate,
  mayRequest,
  PAGE_URL,
  WEB_PREFERENCES,
} from './hardening.ts';

const OWN = [PAGE_URL, 'app://voxfit/index.html', 'app://voxfit/assets/a.js?x=1#y'];
const FOREIGN = [
  'https://example.com/',
  'http://127.0.0.1:17480/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'about:blank',
  'chrome://gpu/',
  'view-source:app://voxfit/',
  'app://evil/',
  'app://voxfit.evil.com/',
  'app://voxfit:80/',
  'app://voxfit@evil.com/',
  'app://user@voxfit/',
  'app:voxfit/',
  'application://voxfit/',
  'https://voxfit/app://voxfit/',
  '',
  'voxfit',
];

describe('the window', () => {
  test.each(OWN)('is at home at %j', (address) => {
    expect(isOwnAddress(address)).toBe(true);
    expect(mayNavigate(PAGE_URL, address, true)).toBe(true);
    expect(mayRequest(address)).toBe(true);
    expect(isTrustedSender({ url: address, parent: null })).toBe(true);
  });

  test.each(FOREIGN)('has no business at %j', (address) => {
    expect(isOwnAddress(address)).toBe(false);
    expect(mayNavigate(PAGE_URL, address, true)).toBe(false);
    expect(mayRequest(address)).toBe(false);
    expect(isTrustedSender({ url: address, parent: null })).toBe(false);
  });

  test('has no frames that go anywhere or say anything', () => {
    const page = { url: PAGE_URL, parent: null };
    expect(mayNavigate(PAGE_URL, PAGE_URL, false)).toBe(false);
    expect(isTrustedSender({ url: PAGE_URL, parent: page })).toBe(false);
    expect(isTrustedSender(null)).toBe(false);
  });

  test.each([GPU_PAGE_URL, 'app://voxfit/gpu/', 'app://voxfit/gpu/../gpu/index.html?x=1#y'])(
    'is another one than the GPU’s at %j, which asks for nothing and goes nowhere',
    (address) => {
      expect(isOwnAddress(address)).toBe(true);
      expect(mayRequest(address)).toBe(true);
      expect(isTrustedSender({ url: address, parent: null })).toBe(false);
      expect(mayNavigate(PAGE_URL, address, true)).toBe(false);
      for (const to of [...OWN, ...FOREIGN, address]) expect(mayNavigate(address, to, true)).toBe(false);
    },
  );

  test('may use what it made itself, and no page', () => {
    expect(mayRequest('blob:app://voxfit/0f8fad5b-d9cb-469f-a165-70867728950e')).toBe(true);
    expect(mayRequest('data:text/javascript,1')).toBe(true);
    expect(mayRequest('blob:https://example.com/0f8fad5b')).toBe(false);
    expect(mayNavigate(PAGE_URL, 'data:text/html,x', true)).toBe(false);
    expect(mayNavigate(PAGE_URL, 'blob:app://voxfit/0f8fad5b', true)).toBe(false);
  });

  test('is isolated and sandboxed, without Node', () => {
    expect(WEB_PREFERENCES).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
    });
  });
});
