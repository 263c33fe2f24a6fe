import { setTimeout as sleep } from 'node:timers/promises';
import { GastownError } from '../common/errors.ts';
import { safeText } from '../common/text.ts';
import type { HostClient } from './host-client.ts';
import type { HostSession } from './protocol.ts';
import { showsQuestion } from './screens/read.ts';

/** Characters written at once. The host itself feeds the terminal in pieces; this bounds what waits there. */
const PIECE_CHARS = 4_096;
/** A prompt is read by an agent; a longer text belongs in a file. */
const PROMPT_CHARS = 256_000;
/** The application has redrawn its input line when it printed and then was quiet for this long. */
const ECHO_QUIET_MS = 150;
/** Longest wait for the echo: applications that do not echo get their Enter all the same. */
const ECHO_LIMIT_MS = 1_500;
/** Longest wait for an agent to take a piece of input. */
const TAKEN_LIMIT_MS = 20_000;
const LOOK_MS = 25;

type PromptHost = Pick<HostClient, 'list' | 'write' | 'screen'>;
type TypingHost = Pick<HostClient, 'list' | 'write'>;

/**
 * Gives a text to the application in a session's terminal, as a person who pastes it and presses Enter would: marked as
 * a paste where the application asked for that, in pieces, each taken before the next, and Enter by itself once the
 * echo has settled (an Enter in the same read is taken as part of the paste). Control characters are dropped, among them
 * the mark that ends a paste. Answers whether anything was echoed. Throws `timeout` when the agent does not read, and
 * `conflict` where it asks something: the Enter would answer that.
 */
export const deliverPrompt = async (host: PromptHost, session: string, text: string): Promise<{ echoed: boolean }> => {
  const clean = safeText(text).replace(/\n+$/, '');
  if (clean.length > PROMPT_CHARS) {
    throw new GastownError('invalid', `A prompt of ${clean.length} characters is too long.`, {
      hint: 'Put it into a file and name the file.',
    });
  }
  const before = await look(host, session);
  if (before.status?.state === 'blocked' || showsQuestion(await host.screen(session))) {
    throw new GastownError('conflict', `Session ${session} asks something; nothing was typed.`, {
      hint: 'Answer that first: gastown attention shows it.',
      ids: { session },
    });
  }
  await typeText(host, before, clean);
  const echoed = await untilEchoed(host, session, before.bytesOut);
  await host.write(session, '\r');
  return { echoed };
};

/**
 * Types a safe text without its Enter: marked as a paste where the application asked for that, in pieces, each taken before
 * the next. Throws `timeout` when the agent does not read.
 */
export const typeText = async (
  host: TypingHost,
  { id, bracketedPaste }: Pick<HostSession, 'id' | 'bracketedPaste'>,
  text: string,
): Promise<void> => {
  const typed = text.replaceAll('\n', '\r');
  for (const piece of pieces(bracketedPaste ? `${PASTE_START}${typed}${PASTE_END}` : typed)) {
    await host.write(id, piece);
    await untilTaken(host, id);
  }
};

/** Cut between characters: half of a surrogate pair would arrive as a replacement character. */
const pieces = (text: string): string[] => {
  const cut: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + PIECE_CHARS, text.length);
    if (end < text.length && /[\ud800-\udbff]/.test(text[end - 1]!)) end -= 1;
    cut.push(text.slice(at, end));
    at = end;
  }
  return cut;
};

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';

const look = async (host: TypingHost, session: string): Promise<HostSession> => {
  const seen = (await host.list()).find(({ id }) => id === session);
  if (seen?.alive) return seen;
  throw new GastownError(seen ? 'invalid' : 'not_found', `Session ${session} ${seen ? 'has ended' : 'is not known'}.`, {
    ids: { session },
  });
};

const untilTaken = async (host: TypingHost, session: string): Promise<void> => {
  const until = Date.now() + TAKEN_LIMIT_MS;
  while ((await look(host, session)).inputPending > 0) {
    if (Date.now() > until) {
      throw new GastownError('timeout', `Session ${session} does not read its input.`, {
        hint: 'It may be busy or stuck: look at its screen.',
        ids: { session },
      });
    }
    await sleep(LOOK_MS);
  }
};

const untilEchoed = async (host: PromptHost, session: string, bytesBefore: number): Promise<boolean> => {
  const until = Date.now() + ECHO_LIMIT_MS;
  let bytes = bytesBefore;
  let changedAt = Date.now();
  while (Date.now() < until) {
    const { bytesOut } = await look(host, session);
    if (bytesOut !== bytes) {
      bytes = bytesOut;
      changedAt = Date.now();
    } else if (bytes !== bytesBefore && Date.now() - changedAt >= ECHO_QUIET_MS) {
      return true;
    }
    await sleep(LOOK_MS);
  }
  return bytes !== bytesBefore;
};
