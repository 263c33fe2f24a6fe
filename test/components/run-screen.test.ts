import { expect, test } from 'vitest';
import { createCounters, type RunScreenOptions, runScreen } from '../../components/run-screen.tsx';
import { createTheme } from '../../components/theme.ts';
import { createTerminal } from '../terminal/harness.ts';
import { createFakeTown } from './fake-town.ts';
import { smallView } from './small-view.ts';

const start = (options: Partial<RunScreenOptions> = {}) => {
  const terminal = createTerminal();
  const town = createFakeTown(smallView());
  const counters = createCounters();
  const result = runScreen({
    handle: town.handle,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    env: { LANG: 'C.UTF-8', CI: '' },
    counters,
    ...options,
  });
  const until = async (check: (screen: string) => boolean) => {
    const end = performance.now() + 5_000;
    for (;;) {
      await terminal.drained();
      if (check(terminal.screen())) return;
      if (performance.now() > end) throw new Error(`never became true: ${check}\n${terminal.screen()}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  };
  const clean = async () => {
    await terminal.drained();
    return {
      buffer: terminal.terminal.buffer.active.type,
      wrap: terminal.terminal.modes.wraparoundMode,
      paste: terminal.terminal.modes.bracketedPasteMode,
      raw: terminal.stdin.raw,
      cursor: terminal.output().lastIndexOf('\u001B[?25h') > terminal.output().lastIndexOf('\u001B[?25l'),
    };
  };
  return { ...terminal, town, counters, result, until, clean };
};

const CLEAN = { buffer: 'normal', wrap: true, paste: false, raw: false, cursor: true };

test('shows the town, and leaving leaves the terminal as it was', async () => {
  const screen = start();
  await screen.until(text => text.includes('testville'));
  expect(screen.terminal.modes).toMatchObject({ wraparoundMode: false, bracketedPasteMode: true });
  expect(screen.counters.frames).toBeGreaterThan(0);
  screen.stdin.write('q');
  await screen.until(text => text.includes('Leave Gas Town?'));
  screen.stdin.write('\r');
  expect(await screen.result).toBe('leave');
  expect(await screen.clean()).toEqual(CLEAN);
  expect(screen.town.listeners()).toBe(0);
});

test('read out, it is plain lines of what has the keys, with a sign for what is chosen, and says nothing by itself', async () => {
  const screen = start({ theme: createTheme({ colour: false, unicode: true, reader: true }) });
  await screen.until(text => text.includes('▸ ▾') && text.includes('1 Plan'));
  expect(screen.screen()).not.toMatch(/[─│]|Polecats/);
  const { frames } = screen.counters;
  await new Promise(resolve => setTimeout(resolve, 1_200));
  expect(screen.counters.frames).toBe(frames);
  screen.stdin.write('q');
  await screen.until(text => text.includes('▸ Leave; what is at work'));
  expect(screen.screen()).not.toMatch(/[─│]/);
  screen.stdin.write('q');
  expect(await screen.result).toBe('leave');
});

test.each<[string, (screen: ReturnType<typeof start>) => void, string]>([
  ['the end of its input', screen => screen.stdin.end(), 'hangup'],
  ['a failing input', screen => screen.stdin.emit('error', new Error('EIO')), 'hangup'],
  [
    'a terminal that is gone',
    screen => screen.stdout.emit('error', Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    'hangup',
  ],
  ['SIGHUP', () => process.emit('SIGHUP'), 'hangup'],
  ['SIGTERM', () => process.emit('SIGTERM'), 'terminated'],
])('%s ends it cleanly', async (_, end, how) => {
  const screen = start();
  await screen.until(text => text.includes('testville'));
  end(screen);
  expect(await screen.result).toBe(how);
  expect(await screen.clean()).toEqual(CLEAN);
});

test('a line that drops while attached ends both', async () => {
  const screen = start();
  let detached = 0;
  screen.town.attachTo({
    replay: 'agent at work',
    onData: () => () => {},
    onEnd: () => () => {},
    write: () => {},
    resize: () => {},
    detach: () => detached++,
  });
  await screen.until(text => text.includes('testville'));
  screen.stdin.write('2a');
  await screen.until(text => text.includes('agent at work') || text.includes('comes back'));
  process.emit('SIGHUP');
  expect(await screen.result).toBe('hangup');
  await screen.until(() => detached === 1);
  expect(await screen.clean()).toMatchObject({ buffer: 'normal', raw: false, paste: false });
});

test('a screen that cannot draw fails loudly and leaves the terminal clean', async () => {
  const view = smallView();
  const unreadable = {
    ...view.convoys[0]!,
    get title(): string {
      throw new Error('broken row');
    },
  };
  const broken = { ...view, convoys: [unreadable] };
  const terminal = createTerminal();
  const town = createFakeTown(broken);
  await expect(
    runScreen({ handle: town.handle, stdin: terminal.stdin, stdout: terminal.stdout, env: {} }),
  ).rejects.toThrow('broken row');
  await terminal.drained();
  expect(terminal.terminal.buffer.active.type).toBe('normal');
  expect(terminal.terminal.modes.wraparoundMode).toBe(true);
  expect(town.listeners()).toBe(0);
});

test('with --readonly nothing can be changed, and it says why', async () => {
  const screen = start({ readOnly: true });
  await screen.until(text => text.includes('testville'));
  screen.stdin.write('js');
  await screen.until(text => text.includes('--readonly'));
  expect(screen.town.asked).toEqual([]);
  screen.stdin.end();
  await screen.result;
});
