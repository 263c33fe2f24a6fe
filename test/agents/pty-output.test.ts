import pty from 'node-pty';
import { expect, test } from 'vitest';
import { type PtyReader, readLastWords } from '../../source/agents/pty-output.ts';

/** Starts it held back, as a session is whose output comes faster than it can be shown, and waits until it is over. */
const heldBack = (script: string): Promise<string> =>
  new Promise(resolve => {
    const child = pty.spawn('sh', ['-c', script], { cols: 80, rows: 24 });
    let output = '';
    const take = (data: string): void => {
      output += data;
    };
    child.onData(take);
    readLastWords(child as unknown as PtyReader, take);
    child.pause();
    child.onExit(() => resolve(output));
  });

test('the last words of a session that ends while its output is held back are not lost', async () => {
  expect(await heldBack('echo first; echo last words')).toBe('first\r\nlast words\r\n');
});

test('a child that says nothing ends like any other', async () => {
  expect(await heldBack('exit 3')).toBe('');
});
