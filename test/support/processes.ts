import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ProcessOrder } from '../../source/common/processes/directly.ts';
import { PROCESSES_CHANNEL } from '../../source/common/processes/start.ts';

/** The commands that this process starts while something is done, without settings, and with `ID` for object ids. */
export const commandsOf = async (act: () => Promise<unknown>): Promise<string[]> => {
  const commands: string[] = [];
  const note = (message: unknown): number => commands.push(wordsOf(message as ProcessOrder));
  subscribe(PROCESSES_CHANNEL, note);
  try {
    await act();
  } finally {
    unsubscribe(PROCESSES_CHANNEL, note);
  }
  return commands;
};

const wordsOf = ({ file, args }: ProcessOrder): string =>
  [file, ...args.filter((word, at) => word !== '-c' && args[at - 1] !== '-c' && !word.startsWith('--git-dir='))]
    .join(' ')
    .replaceAll(/\b[0-9a-f]{40}([0-9a-f]{24})?\b/g, 'ID');
