import type { ProgramStatus, ProgramTitle } from '../program-status.ts';
import type { Ask } from '../wire/protocol.ts';
import { readScreen, type ScreenReading } from './read.ts';
import type { ScreenRules } from './rules.ts';

/** What an agent in a terminal is known to do: a state with its age, what it is known from, and how far that goes. */
export interface TerminalState {
  readonly state: 'working' | 'waiting' | 'idle' | 'unknown';
  readonly since: number;
  readonly source: 'osc' | 'title' | 'screen' | 'process';
  readonly confidence: 'sure' | 'likely' | 'guess';
  readonly evidence: string;
  /** Turns that were seen to end. */
  readonly turns: number;
  /** What it asks; without options where nobody here knows how to answer it. */
  readonly ask?: Ask;
  /** What to type for each of its options. */
  readonly keys?: ReadonlyMap<string, string>;
  /** Its composer is there and empty. */
  readonly isReady: boolean;
  /** What it says it does, or asks. */
  readonly doing?: string;
}

/** What is seen of a terminal from outside. */
export interface TerminalSight {
  readonly rows: readonly string[];
  readonly status?: ProgramStatus;
  readonly title?: ProgramTitle;
  readonly lastOutputAt?: number;
}

/** A screen that changed within this time is being worked on, as far as one can tell without knowing the program. */
const FRESH_MS = 3_000;

/**
 * The state by the best layer that says anything: its own report (OSC 7501), the glyph in its title, what the rules find
 * on its screen, when it last wrote, its process. A question on the screen outranks a title, which calls waiting idle.
 */
export const terminalState = (
  sight: TerminalSight,
  { rules, before, now }: { rules: ScreenRules; before: TerminalState | undefined; now: number },
): TerminalState => {
  const screen = readScreen(sight.rows, rules);
  const found =
    byReport(sight.status, screen) ??
    byPrompt(screen) ??
    byTitle(sight.title, rules) ??
    byScreen(screen) ??
    byOutput(sight, now);
  const isSame = before?.state === found.state;
  const ended = before?.state === 'working' && found.state === 'idle' && found.confidence !== 'guess';
  const { at, ...state } = found;
  const doing =
    found.ask?.title ?? (found.source === 'osc' && found.state === 'working' ? sight.status?.message : undefined);
  return {
    ...state,
    ...(doing && { doing }),
    since: isSame ? before.since : (at ?? now),
    turns: (before?.turns ?? 0) + (ended ? 1 : 0),
    isReady: screen.isReady,
  };
};

type Found = Pick<TerminalState, 'state' | 'source' | 'confidence' | 'evidence' | 'ask' | 'keys'> & {
  readonly at?: number;
};

const byReport = (status: ProgramStatus | undefined, screen: ScreenReading): Found | undefined => {
  if (!status) return undefined;
  const { state, kind, message, at } = status;
  const evidence = ['it reports', state, kind && `(${kind})`, message].filter(Boolean).join(' ');
  const found = { source: 'osc', confidence: 'sure', evidence, at } as const;
  if (state === 'working') return { ...found, state: 'working' };
  if (state !== 'blocked') return { ...found, state: 'idle' };
  return { ...found, state: 'waiting', ...(screen.prompt ? promptParts(screen.prompt) : { ask: unknownAsk(status) }) };
};

const promptParts = ({ ask, keys }: NonNullable<ScreenReading['prompt']>) => ({ ask, keys });

/** It says that it waits, and no rule knows for what: a person has to look. */
const unknownAsk = ({ kind, message, at }: ProgramStatus): Ask => ({
  id: `report-${at}`,
  kind: kind === 'question' ? 'question' : 'permission',
  title: message ?? `It waits for you (${kind ?? 'blocked'})`,
  detail: 'Its screen asks something that is not known here: attach to answer it.',
  options: [],
});

const byPrompt = ({ prompt }: ScreenReading): Found | undefined =>
  prompt && {
    state: 'waiting',
    source: 'screen',
    confidence: 'likely',
    evidence: `its screen shows a question (${prompt.rule})`,
    ...promptParts(prompt),
  };

const byTitle = (title: ProgramTitle | undefined, { titles }: ScreenRules): Found | undefined => {
  const rule = title && titles.find(({ when }) => when.test(title.text));
  if (!rule) return undefined;
  // Titles turn with a spinner: the evidence names the state, or it would be another every moment.
  return {
    state: rule.state,
    source: 'title',
    confidence: 'likely',
    evidence: `the title of its window says ${rule.state}`,
  };
};

const byScreen = ({ isWorking, isReady }: ScreenReading): Found | undefined => {
  const found = { source: 'screen', confidence: 'likely' } as const;
  if (isWorking) return { ...found, state: 'working', evidence: 'its screen shows a turn under way' };
  return isReady ? { ...found, state: 'idle', evidence: 'its screen shows an empty composer' } : undefined;
};

const byOutput = ({ lastOutputAt }: TerminalSight, now: number): Found => {
  const found = { source: 'process', confidence: 'guess' } as const;
  return lastOutputAt !== undefined && now - lastOutputAt < FRESH_MS
    ? { ...found, state: 'working', evidence: 'its screen changes' }
    : { ...found, state: 'unknown', evidence: 'only its process is seen' };
};
