import { Buffer } from 'node:buffer';

/** Bytes of a text that is copied: xterm takes 100,000 characters of base64, others less than that fail whole. */
const COPY_MAX_BYTES = 74_000;
const BEL = '\u0007';
const ESC = '\u001B';

/**
 * Has the terminal put a text into its clipboard (OSC 52), also at the other end of an SSH line. Within tmux the sequence
 * is sent twice: as it is, which tmux takes with `set-clipboard on`, and wrapped, which it passes on with
 * `allow-passthrough on`. Base64 ends no sequence early, whatever the text holds.
 */
export const clipboard = (text: string, env: NodeJS.ProcessEnv): string => {
  const bytes = Buffer.from(text).subarray(0, COPY_MAX_BYTES);
  const sequence = `${ESC}]52;c;${bytes.toString('base64')}${BEL}`;
  return env.TMUX ? `${sequence}${ESC}Ptmux;${sequence.replaceAll(ESC, ESC + ESC)}${ESC}\\` : sequence;
};
