/** What a hook is told: CLIs write some kilobytes; a call with a whole file in it some megabytes. */
const INPUT_BYTES = 32 * 1024 * 1024;
/** A CLI writes at once; a person who runs the command in a terminal never does. */
const INPUT_WAIT_MS = 5_000;

/** All of standard input as text; what came so far when it does not end, '' in a terminal. */
export const readStandardInput = async (): Promise<string> => {
  const { stdin } = process;
  if (stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => stdin.destroy(), INPUT_WAIT_MS);
  try {
    for await (const chunk of stdin) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > INPUT_BYTES) break;
    }
  } catch (error) {
    if (!isCutShort(error)) throw error;
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Destroyed by the timer, or closed by a CLI that has gone. */
const isCutShort = (error: unknown): boolean =>
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
