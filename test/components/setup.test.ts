import { expect, test } from 'vitest';
import { runSetup, type SetupQuestion, setupReduce, setupRows, setupStart } from '../../components/setup.tsx';
import { createTheme } from '../../components/theme.ts';
import { createTerminal } from '../terminal/harness.ts';

const QUESTIONS: readonly SetupQuestion[] = [
  { key: 'setup', text: 'Set up a town here?', default: 'yes', choices: ['yes', 'no'] },
  { key: 'gate', text: 'Which command must pass?', default: 'npm test' },
  { key: 'policy', text: 'Who lets green work land?', default: 'guarded', choices: ['guarded', 'all', 'auto'] },
];

const answers = (...keys: string[]) => {
  let state = setupStart(QUESTIONS);
  for (const name of keys) state = setupReduce(state, { type: 'key', name }, QUESTIONS);
  return { answers: state.answers, done: state.done };
};

test.each([
  [['enter', 'enter', 'enter'], { answers: ['yes', 'npm test', 'guarded'], done: true }],
  [['enter', 'ctrl-u', 'm', 'a', 'k', 'e', 'enter', 'right', 'enter'], { answers: ['yes', 'make', 'all'], done: true }],
  [['enter', 'ctrl-u', 'enter', 'a', 'enter'], { answers: ['yes', '', 'all'], done: true }],
  [['enter', 'enter', 'left', 'enter'], { answers: ['yes', 'npm test', 'auto'], done: true }],
  [['n', 'enter'], { answers: ['no'], done: false }],
  [['enter', 'esc'], { answers: ['yes'], done: false }],
  [['ctrl-c', 'enter'], { answers: [], done: false }],
  [['enter', 'enter'], { answers: ['yes', 'npm test'], done: undefined }],
])('%j answers %j', (keys, expected) => {
  expect(answers(...keys)).toEqual(expected);
});

test('an answer that ends the questions leaves the rest unasked', () => {
  const questions = [{ ...QUESTIONS[0]!, choices: ['yes', 'demo', 'no'], ends: ['demo'] }, ...QUESTIONS.slice(1)];
  const chosen = setupReduce(setupStart(questions), { type: 'key', name: 'd' }, questions);
  expect(setupReduce(chosen, { type: 'key', name: 'enter' }, questions)).toMatchObject({
    answers: ['demo'],
    done: true,
  });
});

test('no questions are answered at once', () => {
  expect(setupStart([])).toMatchObject({ done: true });
});

test('the open question shows its default, and what Enter does', () => {
  const rows = setupRows(setupStart(QUESTIONS), {
    questions: QUESTIONS,
    theme: createTheme({ colour: false, unicode: true }),
    width: 60,
  });
  expect(rows.join('\n').replace(/\u001B\[\d+m/g, '')).toBe(
    '1. Set up a town here?\n    yes   no \n   ← → choose · Enter takes it · Esc leaves everything as it is',
  );
});

const run = () => {
  const terminal = createTerminal({ columns: 70, rows: 20 });
  const result = runSetup({
    questions: QUESTIONS,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    env: { LANG: 'C.UTF-8' },
  });
  const until = async (text: string) => {
    const end = performance.now() + 4_000;
    for (;;) {
      await terminal.drained();
      if (terminal.screen().includes(text)) return;
      if (performance.now() > end) throw new Error(`never saw ${text}\n${terminal.screen()}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  };
  return { ...terminal, result, until };
};

test('three times Enter sets up with the defaults and leaves the answers readable', async () => {
  const setup = run();
  await setup.until('1. Set up a town here?');
  setup.stdin.write('\r');
  await setup.until('2. Which command must pass?');
  setup.stdin.write('\r\r');
  expect(await setup.result).toEqual({ setup: 'yes', gate: 'npm test', policy: 'guarded' });
  await setup.drained();
  expect(setup.screen()).toContain('✓ npm test');
  expect(setup.terminal.buffer.active.type).toBe('normal');
  expect(setup.stdin.raw).toBe(false);
});

test('Esc sets nothing up', async () => {
  const setup = run();
  await setup.until('1. Set up a town here?');
  setup.stdin.write('\u001B');
  expect(await setup.result).toBeUndefined();
});

test('a paste goes into the text field as one line', async () => {
  const setup = run();
  await setup.until('1. Set up a town here?');
  setup.stdin.write('\r');
  await setup.until('2. Which command must pass?');
  setup.stdin.write('\u0015\u001B[200~make\ncheck\u001B[201~');
  await setup.until('make check');
  setup.stdin.write('\r\r');
  expect(await setup.result).toMatchObject({ gate: 'make check' });
});
