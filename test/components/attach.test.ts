import { expect, test } from 'vitest';
import { attachTerminal } from '../../components/attach.ts';
import type { Attachment, Outcome } from '../../source/town/view.ts';
import { createTerminal } from '../terminal/harness.ts';
import { createFakeTown } from './fake-town.ts';
import { smallView } from './small-view.ts';

/** A session that a test speaks for. */
const createSession = (replay: string) => {
  let toTerminal: (data: string) => void = () => {};
  let end: (reason: string) => void = () => {};
  const seen = { written: '', sizes: [] as string[], detached: 0 };
  const attachment: Attachment = {
    replay,
    onData(listener) {
      toTerminal = listener;
      return () => {
        toTerminal = () => {};
      };
    },
    onEnd(listener) {
      end = listener;
      return () => {};
    },
    write(data) {
      seen.written += data;
    },
    resize(columns, rows) {
      seen.sizes.push(`${columns}x${rows}`);
    },
    detach() {
      seen.detached++;
    },
  };
  return { attachment, seen, print: (data: string) => toTerminal(data), end: (reason: string) => end(reason) };
};

const start = (
  attachmentOrRefusal: ReturnType<typeof createSession> | Outcome,
  options: { banner?: boolean; signal?: AbortSignal; detachKeys?: readonly string[] } = {},
) => {
  const terminal = createTerminal({ columns: 40, rows: 8 });
  const town = createFakeTown(smallView());
  town.attachTo('seen' in attachmentOrRefusal ? attachmentOrRefusal.attachment : attachmentOrRefusal);
  let suspended = 0;
  let rawAtHandOver: boolean | undefined;
  const result = attachTerminal({
    handle: town.handle,
    session: 's1',
    name: 'nux',
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    banner: options.banner ?? false,
    detachKeys: options.detachKeys ?? ['ctrl-]'],
    ...(options.signal && { signal: options.signal }),
    // As Ink does it: raw mode off, the callback, raw mode on unless the screen has ended meanwhile.
    async suspend(callback) {
      suspended++;
      terminal.stdin.setRawMode(false);
      rawAtHandOver = terminal.stdin.raw;
      await callback();
      terminal.stdin.setRawMode(options.signal?.aborted !== true);
    },
  });
  return { ...terminal, result, suspended: () => suspended, rawAtHandOver: () => rawAtHandOver };
};

const eventually = async (check: () => unknown): Promise<void> => {
  const end = performance.now() + 2_000;
  while (!check()) {
    if (performance.now() > end) throw new Error(`never became true: ${check}`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
};

test('the session gets the terminal, and Ctrl-] gives it back clean', async () => {
  const session = createSession('\u001B[31mscreen so far\u001B[0m');
  const attached = start(session);
  await eventually(() => attached.screen().includes('screen so far'));
  expect(attached.terminal.buffer.active.type).toBe('alternate');
  expect(attached.stdin.raw).toBe(true);
  session.print('\r\nmore\u001B[?1000h\u001B[?2004h\u001B[?25l');
  attached.stdin.write('ls\r');
  await eventually(() => session.seen.written === 'ls\r');
  attached.resizeTo(50, 9);
  expect(session.seen.sizes).toEqual(['50x9']);
  attached.stdin.write('x\u001Dignored');
  expect(await attached.result).toEqual({ ok: true, message: 'Detached from nux; it goes on.' });
  await attached.drained();
  expect(session.seen).toMatchObject({ written: 'ls\rx', detached: 1 });
  expect(attached.terminal.buffer.active.type).toBe('normal');
  expect(attached.terminal.modes).toMatchObject({
    mouseTrackingMode: 'none',
    bracketedPasteMode: false,
    wraparoundMode: true,
  });
  // What is typed while it changes hands must not be echoed: it was raw all the time.
  expect(attached.rawAtHandOver()).toBe(true);
  expect(attached.stdin.raw).toBe(true);
  expect(attached.stdin.listenerCount('readable')).toBe(0);
});

test.each([
  ['as a byte', '\u001D'],
  ['by the kitty protocol', '\u001B[93;5u'],
  ['by modifyOtherKeys', '\u001B[27;5;93~'],
])('Ctrl-] sent %s gives the terminal back, with every mode off that a program can have left on', async (_, key) => {
  const session = createSession('');
  const attached = start(session);
  await eventually(() => attached.stdin.listenerCount('readable') > 0);
  session.print(
    '\u001B[?1000h\u001B[?1003h\u001B[?1006h\u001B[?1004h\u001B[?2004h\u001B[>1u\u001B[?1h\u001B=\u001B[4h\u001B[?25l',
  );
  await eventually(() => attached.terminal.modes.bracketedPasteMode);
  const before = attached.output().length;
  attached.stdin.write(key);
  expect((await attached.result).ok).toBe(true);
  await attached.drained();
  expect(attached.terminal.modes).toMatchObject({
    mouseTrackingMode: 'none',
    bracketedPasteMode: false,
    sendFocusMode: false,
    applicationCursorKeysMode: false,
    applicationKeypadMode: false,
    insertMode: false,
  });
  const left = attached.output().slice(before);
  for (const off of ['?25h', '?1006l', '?2031l', '>4;0m', '=0u', '?1049l']) expect(left).toContain(`\u001B[${off}`);
  expect(left.indexOf('\u001B[=0u')).toBeLessThan(left.indexOf('\u001B[?1049l'));
  expect(session.seen.written).toBe('');
});

test('keys of one’s own give it back, and are named where it says how; Ctrl-] is then the agent’s', async () => {
  const session = createSession('');
  const attached = start(session, { banner: true, detachKeys: ['ctrl-q', 'ctrl-^'] });
  await eventually(() => attached.screen().startsWith(' Attached to nux. Ctrl-q comes back'));
  expect(attached.output()).toContain('nux (Ctrl-q detaches)');
  attached.stdin.write('\u001D');
  await eventually(() => session.seen.written === '\u001D');
  attached.stdin.write('\u001E');
  expect((await attached.result).ok).toBe(true);
  expect(session.seen.written).toBe('\u001D');
});

const PAGE_UP = '\u001B[5~';
/** A session with a past of 50 lines, of which the last 8 are on its screen. */
const withPast = (alternate = false) => {
  const session = createSession('the live screen');
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index + 1}.`);
  let shown = 'the live screen';
  Object.assign(session.attachment, {
    history: async () => ({ lines, alternate }),
    repaint: async () => shown,
  });
  return { ...session, show: (text: string) => (shown = text) };
};

test('PageUp scrolls back through what the session showed; another key comes back, and none of them reaches it', async () => {
  const session = withPast();
  const attached = start(session);
  await eventually(() => attached.screen().includes('the live screen'));
  attached.stdin.write(PAGE_UP);
  await eventually(() => attached.screen().includes('37-43 of 50'));
  expect(attached.screen()).toContain('line 43.');
  session.print('printed meanwhile');
  session.show('the screen by now');
  attached.stdin.write(PAGE_UP);
  await eventually(() => attached.screen().includes('30-36 of 50'));
  attached.stdin.write('g');
  await eventually(() => attached.screen().includes('1-7 of 50'));
  attached.stdin.write('\u001B[<0;1;1M');
  attached.resizeTo(40, 11);
  await eventually(() => attached.screen().includes('1-10 of 50'));
  expect(attached.screen()).not.toContain('meanwhile');
  attached.stdin.write('\u001B');
  await eventually(() => attached.screen().startsWith('the screen by now'));
  session.print(' and after');
  attached.stdin.write('x');
  await eventually(() => attached.screen().startsWith('the screen by now and after'));
  expect(session.seen.written).toBe('x');
  attached.stdin.write(PAGE_UP);
  await eventually(() => attached.screen().includes('of 50'));
  attached.stdin.write('\u001D');
  expect((await attached.result).ok).toBe(true);
});

test('PageUp goes to a program that scrolls by itself', async () => {
  const session = withPast(true);
  const attached = start(session);
  await eventually(() => attached.screen().includes('the live screen'));
  attached.stdin.write(PAGE_UP);
  await eventually(() => session.seen.written === PAGE_UP);
  expect(attached.screen()).toContain('the live screen');
  attached.stdin.write('\u001D');
  await attached.result;
});

test('what the session prints before its screen is shown is not lost', async () => {
  const session = createSession('replayed ');
  const attached = start(session, { banner: true });
  await eventually(() => attached.output().includes('comes back to the town'));
  session.print('meanwhile');
  attached.stdin.write('k');
  await eventually(() => attached.screen().startsWith('replayed meanwhile'));
  expect(session.seen.written).toBe('k');
  session.end('it has ended');
  expect(await attached.result).toEqual({ ok: true, message: 'nux: it has ended' });
});

test('a lone Esc reaches the session', async () => {
  const session = createSession('');
  const attached = start(session);
  await eventually(() => attached.stdin.listenerCount('readable') > 0);
  attached.stdin.write('\u001B');
  await eventually(() => session.seen.written === '\u001B');
  attached.stdin.write('\u001B[93;5u');
  expect((await attached.result).ok).toBe(true);
});

test('a session that cannot be attached to never takes the terminal', async () => {
  const attached = start({ ok: false, message: 'It ended a moment ago.' });
  expect(await attached.result).toEqual({ ok: false, message: 'It ended a moment ago.' });
  expect(attached.suspended()).toBe(0);
  expect(attached.output()).toBe('');
});

test('a line that drops ends it', async () => {
  const session = createSession('');
  const gone = new AbortController();
  const attached = start(session, { signal: gone.signal });
  await eventually(() => attached.stdin.listenerCount('readable') > 0);
  gone.abort();
  expect((await attached.result).message).toMatch(/went away/);
  expect(session.seen.detached).toBe(1);
  const other = createSession('');
  const closed = start(other);
  await eventually(() => closed.stdin.listenerCount('readable') > 0);
  closed.stdin.end();
  expect((await closed.result).message).toMatch(/went away/);
});
