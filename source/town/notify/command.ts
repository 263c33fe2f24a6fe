import { spawn } from 'node:child_process';
import { GastownError } from '../../common/errors.ts';
import { cut, safeLine } from '../../common/text.ts';
import { type Notice, noticeText } from './notices.ts';

/** A command that has not ended by then is ended: the next notice must not wait for a program that asks something. */
const LIMIT_MS = 10_000;
const TEXT_CHARS = 500;

/**
 * Runs a person's own command for a notice, without a shell: what an agent wrote reaches it as one argument and in the
 * environment, and is never a word of a command line. Rejects when it could not be run or did not end well.
 */
export const runNotifyCommand = (
  notice: Notice,
  {
    command,
    env,
    town,
    limitMs = LIMIT_MS,
  }: {
    command: readonly string[];
    env: NodeJS.ProcessEnv;
    town: string;
    limitMs?: number;
  },
): Promise<void> =>
  new Promise((resolve, reject) => {
    const text = cut(safeLine(noticeText(notice)), TEXT_CHARS);
    const [file, ...args] = command;
    const child = spawn(file!, [...args, text], {
      stdio: 'ignore',
      timeout: limitMs,
      killSignal: 'SIGKILL',
      env: {
        ...env,
        GASTOWN_NOTICE: text,
        GASTOWN_NOTICE_KIND: notice.kind,
        GASTOWN_NOTICE_SEVERITY: notice.severity,
        GASTOWN_NOTICE_SUBJECT: safeLine(notice.subject),
        GASTOWN_TOWN: town,
      },
    });
    const failed = (why: string, cause?: unknown) =>
      reject(new GastownError('invalid', `The command of [notify] ${why}.`, { cause }));
    child.on('error', error => failed(`cannot be run: ${error.message}`, error));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else failed(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
