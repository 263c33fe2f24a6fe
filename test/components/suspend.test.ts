import { expect, test } from 'vitest';
import { createScreenTerminal } from '../../components/terminal.ts';
import { createTerminal } from '../terminal/harness.ts';
import { createFakeTown } from './fake-town.ts';
import { smallView } from './small-view.ts';

/** A terminal as Ink gives it away: once at a time. */
const start = (stopProcess: () => void) => {
  const terminal = createTerminal();
  const steps: string[] = [];
  let isGiven = false;
  const screen = createScreenTerminal({
    handle: createFakeTown(smallView()).handle,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    detachKeys: ['ctrl-]'],
    env: {},
    onQuit: () => {},
    onLent: lent => steps.push(lent ? 'lent' : 'back'),
    signal: new AbortController().signal,
    stopProcess: () => {
      steps.push('stop');
      stopProcess();
    },
    async suspendTerminal(callback) {
      if (isGiven) throw new Error('already suspended');
      isGiven = true;
      await callback();
      // Ink enters its screen again, which takes a turn.
      await new Promise(resolve => setImmediate(resolve));
      isGiven = false;
      steps.push('drawn');
    },
  });
  // As the running screen does it: whoever stopped it from outside left the terminal as they pleased.
  const onContinue = (): void => void screen.redraw().catch(error => steps.push(String(error)));
  process.on('SIGCONT', onContinue);
  return { ...terminal, screen, steps, end: () => process.off('SIGCONT', onContinue) };
};

test('a process that was stopped draws once when it goes on, however late the signal is looked at', async () => {
  for (const lateMs of [0, 20, 120]) {
    const { screen, steps, end } = start(() => {
      // What `fg` sends is pending when the stopped process goes on; a busy machine keeps it from looking.
      process.kill(process.pid, 'SIGCONT');
      const until = performance.now() + lateMs;
      while (performance.now() < until);
    });
    await screen.suspend();
    await new Promise(resolve => setTimeout(resolve, 20));
    end();
    expect(steps).toEqual(['lent', 'stop', 'back', 'drawn']);
  }
});

test('where nobody stops it, the screen comes back by itself', async () => {
  const { screen, steps, output, end } = start(() => {});
  await screen.suspend();
  end();
  expect(steps).toEqual(['lent', 'stop', 'back', 'drawn']);
  expect(output()).toBe('\u001B[?7h\u001B[?7l');
  expect(process.listenerCount('SIGCONT')).toBe(0);
});
