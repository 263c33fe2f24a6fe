import { afterEach, describe, expect, test } from 'vitest';
import { runScreen } from '../../components/run-screen.tsx';
import { createTerminal, type Terminal } from '../terminal/harness.ts';
import { createFakeTown } from './fake-town.ts';
import { exampleView } from './fixtures/view.ts';

const opened: Promise<unknown>[] = [];
afterEach(async () => {
  process.emit('SIGTERM');
  await Promise.all(opened.splice(0));
});

/** The whole screen in a terminal emulator, over a town in which nothing moves. */
const show = async (columns: number, rows: number, { live = false } = {}) => {
  const terminal = createTerminal({ columns, rows });
  const idle = exampleView();
  const town = createFakeTown({
    ...idle,
    polecats: idle.polecats.slice(0, 1).map(row => ({ ...row, live })),
    merges: [],
  });
  const result = runScreen({
    handle: town.handle,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    env: { LANG: 'C.UTF-8' },
  });
  opened.push(result);
  await until(terminal, screen => screen.trim() !== '');
  return {
    ...terminal,
    get bytes() {
      return terminal.bytes;
    },
    town,
  };
};

const until = async (terminal: Terminal, check: (screen: string) => boolean): Promise<void> => {
  const end = performance.now() + 10_000;
  for (;;) {
    await terminal.drained();
    if (check(terminal.screen())) return;
    if (performance.now() > end) throw new Error(`never became true: ${check}\n${terminal.screen()}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};

/** Until nothing more is written for a while: then a frame that is wrong stays wrong. */
const rest = async (terminal: Terminal): Promise<void> => {
  for (let bytes = -1; bytes !== terminal.bytes; ) {
    bytes = terminal.bytes;
    await new Promise(resolve => setTimeout(resolve, 60));
    await terminal.drained();
  }
};

/** Every cell with its look: what a person sees. */
const cellsOf = ({ terminal }: Terminal): string => {
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, y) => {
    const line = active.getLine(active.baseY + y)!;
    return Array.from({ length: terminal.cols }, (__, x) => {
      const cell = line.getCell(x)!;
      const looks = [cell.getFgColor(), cell.isBold(), cell.isDim(), cell.isInverse(), cell.isUnderline()].map(Number);
      return `${cell.getChars() || ' '}${looks.some(look => look > 0) ? `(${looks})` : ''}`;
    })
      .join('')
      .trimEnd();
  }).join('\n');
};

const SIZES = [
  [80, 24],
  [40, 10],
] as const;

/** What is on both screens becomes the same, cell by cell, and stays so. */
const sameAs = async (terminal: Terminal, fresh: Terminal): Promise<void> => {
  await rest(fresh);
  await until(terminal, screen => screen === fresh.screen());
  await rest(terminal);
  expect(terminal.screen()).toBe(fresh.screen());
  expect(cellsOf(terminal) === cellsOf(fresh)).toBe(true);
};

/** Sizes as a person drags a window's corner: all at once, or with a moment between some of them. */
const storm = (steps: number): (readonly [number, number])[] =>
  Array.from({ length: steps }, (_, step) => [60 + ((step * 37) % 150), 12 + ((step * 23) % 45)] as const);

describe.each(SIZES)('a storm of sizes that ends at %i×%i', (columns, rows) => {
  test.each([
    ['all at once', Number.POSITIVE_INFINITY],
    ['with a moment now and then', 9],
  ])('%s leaves the frame of that size and nothing else', async (_, every) => {
    const fresh = await show(columns, rows);
    const terminal = await show(120, 40);
    for (const [step, size] of storm(60).entries()) {
      terminal.resizeTo(...size);
      if (step % every === every - 1) await new Promise(resolve => setTimeout(resolve, 10));
    }
    terminal.resizeTo(columns, rows);
    await sameAs(terminal, fresh);
  });
});

test('a size that came and went before it was looked at leaves no gap', async () => {
  const fresh = await show(120, 40);
  const terminal = await show(120, 40);
  await rest(terminal);
  // The terminal has cut what it showed; the program hears of it once, and finds the size that it knew.
  terminal.terminal.resize(60, 12);
  terminal.terminal.resize(120, 40);
  await terminal.drained();
  expect(terminal.screen()).not.toBe(fresh.screen());
  process.emit('SIGWINCH');
  await sameAs(terminal, fresh);
});

test('a storm under an open dialog keeps the dialog, whole', async () => {
  const fresh = await show(100, 30);
  const stormed = await show(100, 30);
  for (const terminal of [fresh, stormed]) {
    terminal.stdin.write('?');
    await until(terminal, screen => screen.includes('Keys that work here'));
  }
  for (const size of storm(40)) stormed.resizeTo(...size);
  stormed.resizeTo(100, 30);
  await sameAs(stormed, fresh);
});

test('while a session has the terminal, another size draws nothing into it', async () => {
  const terminal = await show(100, 30, { live: true });
  const { town } = terminal;
  town.attachTo({
    replay: 'agent at work',
    onData: () => () => {},
    onEnd: () => () => {},
    write: () => {},
    resize: () => {},
    detach: () => {},
  });
  terminal.stdin.write('2');
  await until(terminal, screen => screen.includes('2 Polecats'));
  terminal.stdin.write('a');
  await until(terminal, screen => screen.includes('agent at work'));
  await rest(terminal);
  const before = terminal.output().length;
  terminal.resizeTo(80, 24);
  await rest(terminal);
  expect(terminal.output().slice(before)).not.toContain('\u001B[2J');
  expect(terminal.screen()).toContain('agent at work');
  terminal.stdin.write('\u001D');
  await until(terminal, screen => screen.includes('Detached from nux'));
  const fresh = await show(80, 24);
  expect(terminal.screen().split('\n')[0]).toBe(fresh.screen().split('\n')[0]);
});
