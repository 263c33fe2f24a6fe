import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { askBackground, brightnessOf } from '../../../components/line/background.ts';
import { type Reply, takeReplies } from '../../../components/line/replies.ts';
import { runScreen } from '../../../components/run-screen.tsx';
import { createTheme } from '../../../components/theme.ts';
import { createTerminal } from '../../terminal/harness.ts';
import { createFakeTown } from '../fake-town.ts';
import { smallView } from '../small-view.ts';

const LIGHT = '\u001B]11;rgb:ffff/ffff/dddd\u0007';
const DARK = '\u001B]11;rgb:1e/1e/1e\u001B\\';

describe('the question for the background', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const start = (inTmux = false) => {
    const stdin = new PassThrough();
    stdin.setEncoding('utf8');
    const written: string[] = [];
    const answers: string[] = [];
    const replies: Reply[] = [];
    const stop = takeReplies(stdin as never, replies);
    const question = askBackground({
      replies,
      write: query => written.push(query),
      onAnswer: answer => answers.push(answer),
      inTmux,
    });
    const read = (bytes: string): string | null => {
      stdin.write(bytes);
      return stdin.read() as string | null;
    };
    return { stdin, written, answers, stop, question, read };
  };

  test.each([
    ['alone', [LIGHT], [null], ['light']],
    ['ended by ST', [DARK], [null], ['dark']],
    ['among keys', [`j${LIGHT}k`], ['jk'], ['light']],
    ['cut in two', [`j${LIGHT.slice(0, 12)}`, `${LIGHT.slice(12)}k`], ['j', 'k'], ['light']],
    ['cut within its end', [DARK.slice(0, -1), DARK.slice(-1)], [null, null], ['dark']],
    ['twice, by tmux and by the terminal behind it', [LIGHT, `${DARK}x`], [null, 'x'], ['light']],
    ['that is none', ['\u001B]11;teapot\u0007'], [null], []],
  ])('an answer %s is no key', (_, reads, keys, said) => {
    const { read, answers } = start(reads[0] === LIGHT && reads.length > 1);
    expect([reads.map(read), answers]).toEqual([keys, said]);
  });

  test('an answer that nobody here waits for is for an agent that asked its own terminal', () => {
    const { read, answers } = start();
    expect([read(LIGHT), read(DARK), answers]).toEqual([null, DARK, ['light']]);
    const silent = start();
    vi.advanceTimersByTime(61_000);
    expect([silent.read(`${DARK}j`), silent.answers]).toEqual([`${DARK}j`, []]);
  });

  test.each(['j', '\u001B', '\u001B[A', '\u001B]', 'é', '\u001B[<0;3;4M'])(
    'the key %j is one, with or without a question open',
    key => {
      const { read } = start();
      // Only what begins an answer waits, and goes away by itself.
      if (key !== '\u001B]') expect(read(key)).toBe(key);
      read(LIGHT);
      if (key !== '\u001B]') expect(read(key)).toBe(key);
    },
  );

  test('a torn answer keeps no key back', () => {
    const { read } = start();
    expect(read('\u001B]11;rgb:ff')).toBeNull();
    expect(read('q')).toBe('q');
    expect(read('\u001B]11;rgb:ff')).toBeNull();
    vi.advanceTimersByTime(2_000);
    expect(read('/ff')).toBe('/ff');
  });

  test('an answer that comes late changes nothing and is no key either', () => {
    const { read, answers } = start();
    vi.advanceTimersByTime(5_000);
    expect([read(`${LIGHT}j`), answers]).toEqual(['j', []]);
  });

  test('within tmux it is asked of tmux and of the terminal behind it', () => {
    expect(start(true).written).toEqual(['\u001B]11;?\u0007\u001BPtmux;\u001B\u001B]11;?\u0007\u001B\\']);
    expect(start().written).toEqual(['\u001B]11;?\u0007']);
  });

  test('the next reader of the terminal waits for an answer on its way, and for none that never comes', async () => {
    const { read, question } = start();
    let isSettled = false;
    void question.settled().then(() => {
      isSettled = true;
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(isSettled).toBe(false);
    read(LIGHT);
    await vi.advanceTimersByTimeAsync(0);
    expect(isSettled).toBe(true);
    const silent = start().question;
    const waited = silent.settled();
    await vi.advanceTimersByTimeAsync(300);
    await waited;
    await vi.advanceTimersByTimeAsync(5_000);
    await silent.settled();
  });

  test('afterwards the terminal is read as before', () => {
    const { stdin, stop } = start();
    stop();
    expect(Object.hasOwn(stdin, 'read') ? stdin.read : PassThrough.prototype.read).toBe(stdin.read);
    stdin.write(LIGHT);
    expect(stdin.read()).toBe(LIGHT);
  });
});

test.each([
  ['rgb:ffff/ffff/ffff', 'light'],
  ['rgb:0/0/0', 'dark'],
  ['rgba:fdfd/f6f6/e3e3/ffff', 'light'],
  ['#002b36', 'dark'],
  ['rgb:00/00/ff', 'dark'],
  ['rgb:ff/ff/00', 'light'],
  ['?', undefined],
  ['rgb:gg/00/00', undefined],
] as const)('%s is %s', (colour, brightness) => {
  expect(brightnessOf(colour)).toBe(brightness);
});

const open = (options: { themeFor?: boolean; isTTY?: boolean } = {}) => {
  const terminal = createTerminal();
  Object.assign(terminal.stdout, { isTTY: options.isTTY ?? true });
  const plain = createTheme({ colour: false, unicode: true });
  const result = runScreen({
    handle: createFakeTown(smallView()).handle,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    env: { LANG: 'C.UTF-8' },
    theme: plain,
    ...(options.themeFor !== false && {
      themeFor: background => ({
        ...plain,
        strong: text => (background === 'light' ? `\u001B[94m${text}\u001B[39m` : text),
      }),
    }),
  });
  const until = async (check: () => boolean) => {
    const end = performance.now() + 10_000;
    while (!check()) {
      if (performance.now() > end) throw new Error(`never became true: ${check}\n${terminal.screen()}`);
      await terminal.drained();
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  };
  const leave = async () => {
    terminal.stdin.write('q');
    await until(() => terminal.screen().includes('Leave Gas Town?'));
    terminal.stdin.write('q');
    return result;
  };
  return { ...terminal, result, until, leave };
};

test('the first frame waits for nothing, and an answer changes its colours without a word of it becoming a key', async () => {
  const screen = open();
  await screen.until(() => screen.screen().includes('testville'));
  expect(screen.output()).toContain('\u001B]11;?\u0007');
  expect(screen.output()).not.toContain('\u001B[94m');
  screen.stdin.write(LIGHT);
  await screen.until(() => screen.output().includes('\u001B[94mtestville'));
  expect(screen.screen()).toContain('COMMAND');
  expect(screen.screen()).not.toMatch(/rgb|ffff|needs 80/);
  expect(await screen.leave()).toBe('leave');
});

test.each<[string, { themeFor?: boolean; isTTY?: boolean }]>([
  ['where a theme was chosen', { themeFor: false }],
  ['where nobody sees it', { isTTY: false }],
])('nothing is asked %s', async (_, options) => {
  const screen = open(options);
  if (options.isTTY !== false) await screen.until(() => screen.screen().includes('testville'));
  screen.stdin.end();
  await screen.result;
  expect(screen.output()).not.toContain(']11;');
});
