import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { cleanEnv, endChild } from './process.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser of this machine; undefined where it has none. */
export const findBrowser = (): string | undefined => NAMES.find(name => spawnSync(name, ['--version']).status === 0);

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A browser's start on a busy machine. */
const START_MS = 40_000;

/**
 * A headless browser with one page, spoken to over two pipes. It has no network: every name is unknown to it, and what it
 * would still ask for is on record in `requests`.
 */
export const openBrowser = async (program: string) => {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'gastown-browser-'));
  const child: ChildProcess = spawn(
    program,
    [
      '--headless',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--host-resolver-rules=MAP * ~NOTFOUND',
      'about:blank',
    ],
    { env: cleanEnv(profile), stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  const events: Message[] = [];
  let next = 0;
  let rest = '';
  const failAll = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('The browser has ended.'));
  };
  child.once('exit', failAll);
  (child.stdio[4] as Readable).setEncoding('utf8').on('data', (piece: string) => {
    const lines = (rest + piece).split('\0');
    rest = lines.pop()!;
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      if (message.id === undefined) events.push(message);
      else if (message.error) waiting.get(message.id)?.reject(new Error(message.error.message));
      else waiting.get(message.id)?.resolve(message.result ?? {});
    }
  });
  const ask = async (method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> => {
    const id = ++next;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(id, answer);
    (child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const limit = setTimeout(() => answer.reject(new Error(`${method}: no answer`)), START_MS);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(limit);
      waiting.delete(id);
    }
  };
  const { targetInfos } = (await ask('Target.getTargets')) as { targetInfos: { targetId: string; type: string }[] };
  const { targetId } = targetInfos.find(({ type }) => type === 'page')!;
  const { sessionId } = (await ask('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
  const page = (method: string, params?: object) => ask(method, params, sessionId);
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await page(`${domain}.enable`);
  return {
    page,
    async open(file: string, { width, height }: { width: number; height: number }): Promise<void> {
      await page('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
      await page('Page.navigate', { url: `file://${file}` });
      while ((await this.evaluate('document.readyState')) !== 'complete') await new Promise(setImmediate);
    },
    async evaluate(expression: string): Promise<unknown> {
      const { result } = (await page('Runtime.evaluate', { expression, returnByValue: true })) as {
        result: { value: unknown };
      };
      return result.value;
    },
    /** Whether the reader likes it dark. */
    scheme: (value: 'light' | 'dark') =>
      page('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] }),
    /** PNG, the whole page. */
    async screenshot(): Promise<Buffer> {
      const { data } = await page('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(data as string, 'base64');
    },
    /** All that the page asked for. */
    requests: (): string[] =>
      events
        .filter(({ method }) => method === 'Network.requestWillBeSent')
        .map(({ params }) => (params!.request as { url: string }).url),
    /** What the browser has to say of the page: blocked content, broken markup in SVG, errors. */
    complaints: (): unknown[] => events.filter(({ method }) => method === 'Log.entryAdded').map(({ params }) => params),
    async close(): Promise<void> {
      await endChild(child);
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
};
