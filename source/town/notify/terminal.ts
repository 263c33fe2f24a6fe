import { cut, safeLine } from '../../common/text.ts';
import { type Notice, type NotifyConfig, noticeText } from './notices.ts';

/** Columns of a notification: what desktops show of one. */
const TEXT_COLUMNS = 200;
const BEL = '\u0007';
const ESC = '\u001B';

/**
 * What a notice is in the terminal: the bell, and a desktop notification where the terminal knows one (OSC 9: iTerm2,
 * WezTerm, Ghostty, Windows Terminal; OSC 777: VTE, foot, urxvt). tmux passes neither on by itself (tmux/tmux#2915): inside
 * it the sequence is wrapped, each ESC doubled, which tmux takes where `allow-passthrough` is on and drops where it is not.
 * The text is foreign: nothing of it can end the sequence early or begin another.
 */
export const terminalNotice = (
  notice: Notice,
  { config, env }: { config: Pick<NotifyConfig, 'bell' | 'osc'>; env: NodeJS.ProcessEnv },
): string => {
  const way = config.osc === 'auto' ? wayOf(env) : config.osc;
  const text = cut(safeLine(noticeText(notice)), TEXT_COLUMNS);
  const sequence = way === 'off' ? '' : passedOn(SEQUENCES[way](text), env);
  return `${sequence}${config.bell ? BEL : ''}`;
};

const SEQUENCES: Readonly<Record<'9' | '777', (text: string) => string>> = {
  // ConEmu and Windows Terminal take a number at the beginning for another command.
  '9': text => `${ESC}]9;Gas Town: ${text}${BEL}`,
  '777': text => `${ESC}]777;notify;Gas Town;${text.replaceAll(';', ',')}${BEL}`,
};

const passedOn = (sequence: string, env: NodeJS.ProcessEnv): string =>
  env.TMUX ? `${ESC}Ptmux;${sequence.replaceAll(ESC, ESC + ESC)}${ESC}\\` : sequence;

/** Sent only where it is known to be understood: others print what they do not know. Within tmux nobody can tell. */
const wayOf = (env: NodeJS.ProcessEnv): '9' | '777' | 'off' => {
  if (env.VTE_VERSION || /^(foot|rxvt)/.test(env.TERM ?? '')) return '777';
  if (env.TMUX || env.WT_SESSION || KNOW_OSC_9.has(env.TERM_PROGRAM ?? '')) return '9';
  return 'off';
};

const KNOW_OSC_9: ReadonlySet<string> = new Set(['iTerm.app', 'WezTerm', 'ghostty', 'WarpTerminal']);
