import { safeLine } from '../common/text.ts';
import type { Emulator } from './emulator.ts';

/** States of the Program Status Protocol (OSC 7501), by which programs tell their terminal what they do. */
export const PROGRAM_STATES = ['working', 'idle', 'blocked', 'done', 'error'] as const;
export type ProgramState = (typeof PROGRAM_STATES)[number];

/** What a program last said of itself. Texts are safe to print and never to be trusted. */
export interface ProgramStatus {
  readonly state: ProgramState;
  /** What it is blocked by: `permission`, `question`, `auth`. */
  readonly kind?: string;
  readonly message?: string;
  /** When it entered this state, ms since the epoch. */
  readonly at: number;
}

/** A title is a place where programs show a glyph of their state. */
export interface ProgramTitle {
  readonly text: string;
  readonly at: number;
}

const STATUS_OSC = 7501;
/** A program that asks whether the terminal reads its status gets its question back; some say nothing else. */
const PROBE = '?';
const PROBE_ANSWER = `\u001B]${STATUS_OSC};?\u001B\\`;
/** Characters of one report: more is no report. */
const REPORT_CHARS = 8_192;
const MESSAGE_CHARS = 500;
const TITLE_CHARS = 200;

/** Listens to what a program tells its terminal of itself. `answer` is written to its input. */
export const listenToProgram = (
  terminal: Emulator,
  answer: (reply: string) => void,
): { readonly status: ProgramStatus | undefined; readonly title: ProgramTitle | undefined } => {
  let status: ProgramStatus | undefined;
  let title: ProgramTitle | undefined;
  terminal.parser.registerOscHandler(STATUS_OSC, data => {
    if (data === PROBE) answer(PROBE_ANSWER);
    else status = nextStatus(status, parseStatus(data), Date.now());
    return true;
  });
  terminal.onTitleChange(text => {
    const safe = safeLine(text.slice(0, TITLE_CHARS)).trim();
    if (safe !== title?.text) title = { text: safe, at: Date.now() };
  });
  return {
    get status() {
      return status;
    },
    get title() {
      return title;
    },
  };
};

/** `state=blocked:app=…:kind=permission:msg=<base64>`; undefined for what is none, or of a state that is not known. */
export const parseStatus = (data: string): Omit<ProgramStatus, 'at'> | undefined => {
  if (data.length > REPORT_CHARS) return undefined;
  const fields = new Map(
    data.split(':').map(part => {
      const at = part.indexOf('=');
      return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const state = PROGRAM_STATES.find(known => known === fields.get('state'));
  if (!state) return undefined;
  const kind = safeLine(fields.get('kind') ?? '').slice(0, 40);
  const message = safeLine(Buffer.from(fields.get('msg') ?? '', 'base64').toString('utf8')).slice(0, MESSAGE_CHARS);
  return { state, ...(kind && { kind }), ...(message && { message }) };
};

/** The same state said again is as old as it was; another question is another state. */
const nextStatus = (
  before: ProgramStatus | undefined,
  said: Omit<ProgramStatus, 'at'> | undefined,
  now: number,
): ProgramStatus | undefined => {
  if (!said) return before;
  const isSame = before?.state === said.state && before.kind === said.kind && before.message === said.message;
  return isSame ? before : { ...said, at: now };
};
