import { remindAnswer } from '../agents/hooks/remind.ts';
import { readStandardInput } from '../agents/hooks/standard-input.ts';
import { isGastownError } from '../common/errors.ts';
import { callTown } from './client.ts';

/** A turn's end waits for this at most; the CLI's own limit is a little longer. */
const REMIND_WAIT_MS = 15_000;

/**
 * `gt remind <cli>`: prints what keeps the turn going, or nothing. Without a town, or for a session that it does not know,
 * the turn ends: nobody would hear a report.
 */
export const remindCommand = async (cli: string, env: NodeJS.ProcessEnv): Promise<number> => {
  const { GASTOWN_SOCKET: socket, GASTOWN_TOKEN: token } = env;
  // What the CLI says on standard input is of no use here, but it may break off when nobody reads it.
  await readStandardInput();
  if (!socket || !token) return 0;
  try {
    const answer = (await callTown(socket, { token, verb: 'remind', args: { cli } }, REMIND_WAIT_MS)) as {
      text: string;
    };
    if (answer.text !== '') process.stdout.write(`${remindAnswer(answer.text)}\n`);
  } catch (error) {
    if (!isGastownError(error)) throw error;
  }
  return 0;
};
