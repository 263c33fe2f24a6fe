import { expect, test } from 'vitest';
import { answerOnTerminal } from '../../source/agents/answer-terminal.ts';
import type { TerminalLook } from '../../source/agents/prompt-terminal.ts';

/** A terminal that asks `first` until it has taken so many keys. */
const terminal = (taking: number, more: Partial<TerminalLook> = {}) => {
  const typed: string[] = [];
  const ask = { id: 'first', kind: 'permission', title: 'Allow', detail: '', options: [] } as const;
  const look = async (): Promise<TerminalLook> =>
    ({
      state: 'waiting',
      ...(typed.length < taking && { ask }),
      keys: new Map([['yes', '1']]),
      seen: { attached: 0 },
      ...more,
    }) as unknown as TerminalLook;
  const host = {
    async write(_session: string, data: string) {
      typed.push(data);
    },
  };
  const answer = (wanted: { ask?: string; option?: string } = {}) =>
    answerOnTerminal({ session: 'a', ask: 'first', option: 'yes', ...wanted, host, look });
  return { typed, answer };
};

test('types the key of the answer once where it is taken', async () => {
  const { typed, answer } = terminal(1);
  await answer();
  expect(typed).toEqual(['1']);
});

test('types it once more where a question that has just appeared did not take it, and then says that it did not help', async () => {
  const slow = terminal(2);
  await slow.answer();
  expect(slow.typed).toEqual(['1', '1']);
  const deaf = terminal(9);
  await expect(deaf.answer()).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('still stands'),
  });
  expect(deaf.typed).toHaveLength(2);
});

test.each([
  ['another question', {}, { ask: 'second' }, 'changed or was settled'],
  ['a question that has gone', { ask: undefined }, {}, 'changed or was settled'],
  ['a terminal that a person has', { seen: { attached: 1 } as TerminalLook['seen'] }, {}, 'A person is attached'],
  ['an answer that no key is known for', {}, { option: 'no' }, 'only be answered at its terminal'],
])('types nothing into %s', async (_, more, wanted, message) => {
  const { typed, answer } = terminal(1, more as Partial<TerminalLook>);
  await expect(answer(wanted)).rejects.toMatchObject({ message: expect.stringContaining(message) });
  expect(typed).toEqual([]);
});
