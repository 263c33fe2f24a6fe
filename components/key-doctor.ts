import { bindKeys, type KeyWishes } from './bindings.ts';
import { isTextKey, keyLabel, readKey } from './key-names.ts';
import type { BoundCommand } from './key-table.ts';

/** Goes through keys that terminals and tmux are known to keep or to change, and finds what this one does with them. */
export interface KeyDoctor {
  readonly asked: readonly string[];
  /** Place of the key that is asked for now; after the last one it is over. */
  readonly at: number;
  /** What came instead of it once: a slip of the finger, or what the terminal makes of it. */
  readonly heard?: string;
  readonly findings: readonly KeyFinding[];
}

export interface KeyFinding {
  readonly key: string;
  /** What arrives in its place; absent: nothing. */
  readonly got?: string;
}

/** What was found, in words, and the lines of `[keys]` that make up for it. */
export interface KeyReport {
  readonly lines: readonly string[];
  readonly config: readonly string[];
}

/** Stands for all capital letters: some terminals send them in a way of their own. */
const CAPITAL = 'G';

/** Begins with the keys that the person's own table uses. Enter is taken for granted: it is how one says that nothing came. */
export const startKeyDoctor = (commands: readonly BoundCommand[]): KeyDoctor => {
  const used = new Set(commands.flatMap(({ keys }) => keys).filter(key => !isTextKey(key) && key !== 'enter'));
  return { asked: [...used, CAPITAL], at: 0, findings: [] };
};

export const isDone = ({ at, asked }: KeyDoctor): boolean => at >= asked.length;

/**
 * What a key tells. The one that was asked for is well; Enter says that nothing came; another one must come twice to be
 * what the terminal makes of it. Ctrl-C, where it is not asked for, ends the rest.
 */
export const hearKey = (doctor: KeyDoctor, key: string): KeyDoctor => {
  const { heard, ...rest } = doctor;
  const wanted = doctor.asked[doctor.at];
  if (wanted === undefined) return doctor;
  const next = (...found: readonly KeyFinding[]): KeyDoctor => ({
    ...rest,
    at: doctor.at + 1,
    findings: [...doctor.findings, ...found],
  });
  if (key === wanted) return next();
  if (key === 'enter') return next({ key: wanted, ...(heard !== undefined && { got: heard }) });
  if (key === 'ctrl-c') return { ...rest, asked: doctor.asked.slice(0, doctor.at) };
  return key === heard ? next({ key: wanted, got: key }) : { ...rest, heard: key };
};

/** What is asked of the person now. */
export const questionLines = (doctor: KeyDoctor): readonly string[] => {
  const wanted = doctor.asked[doctor.at];
  if (wanted === undefined) return [];
  return [
    `${doctor.at + 1} of ${doctor.asked.length}`,
    '',
    `Press  ${keyLabel(wanted)}`,
    '',
    doctor.heard === undefined
      ? 'If nothing happens here, press Enter.'
      : `That arrived as ${keyLabel(doctor.heard)}. Press ${keyLabel(wanted)} once more; Enter if it is the same.`,
    'Ctrl-c ends it with what is known by then.',
  ];
};

/** What was found and what to do about it. */
export const reportOf = (
  { asked, findings }: KeyDoctor,
  { commands, inTmux }: { commands: readonly BoundCommand[]; inTmux: boolean },
): KeyReport => {
  if (asked.length === 0) return { lines: ['No key was tried.'], config: [] };
  if (findings.length === 0) return { lines: ['Every key that was tried arrives as it is pressed.'], config: [] };
  const wishes = proposalFor(findings, commands);
  return {
    lines: findings.flatMap(finding => findingLines(finding, { commands, wishes, inTmux })),
    config: Object.entries(wishes).map(([id, keys]) => `${id} = [${keys.map(key => JSON.stringify(key)).join(', ')}]`),
  };
};

/** All of a report, as it is printed. */
export const reportLines = ({ lines, config }: KeyReport): readonly string[] =>
  config.length === 0 ? lines : [...lines, '', 'In town.toml:', '[keys]', ...config];

const findingLines = (
  { key, got }: KeyFinding,
  { commands, wishes, inTmux }: { commands: readonly BoundCommand[]; wishes: KeyWishes; inTmux: boolean },
): readonly string[] => {
  const what = got === undefined ? 'nothing arrives' : `it arrives as ${keyLabel(got)}`;
  const hurt = commands.filter(command => command.keys.includes(key));
  const still = hurt.filter(({ id }) => !(id in wishes)).map(({ id }) => id);
  return [
    `${keyLabel(key)}: ${what}. ${whyOf(key, inTmux)}`,
    ...(still.length > 0 ? [`  ${still.join(', ')}: by another key, or by name in the palette.`] : []),
  ];
};

/** Who is known to keep a key, and what they call that. */
const whyOf = (key: string, inTmux: boolean): string => {
  const known = REASONS.find(({ keys }) => keys.test(key))?.why;
  const ask = inTmux ? `tmux list-keys -T root ${tmuxName(key)} says whether tmux has it.` : '';
  return [known ?? 'The terminal or the window system has it for itself: see its settings.', ask]
    .filter(Boolean)
    .join(' ');
};

const REASONS: readonly { readonly keys: RegExp; readonly why: string }[] = [
  { keys: /^ctrl-[sq]$/, why: 'Flow control has it: stty -ixon gives it back.' },
  { keys: /^ctrl-b$/, why: 'It is the prefix of tmux: press it twice there, or set another prefix.' },
  { keys: /^ctrl-a$/, why: 'It is the prefix of screen, and of many a tmux.' },
  { keys: /^alt-/, why: 'The terminal does not send Alt: look for “Alt as Meta” in its settings.' },
  { keys: /^(pgup|pgdn|home|end)$/, why: 'The terminal scrolls itself by it: its settings can give it back.' },
  { keys: /^ctrl-[z\\]$/, why: 'The terminal driver made a signal of it: stty -a shows susp and quit.' },
  {
    keys: /^[A-Z]$/,
    why: 'It comes by a keyboard protocol that is only half on: tmux wants extended-keys off or always.',
  },
];

const tmuxName = (key: string): string => {
  const names: Readonly<Record<string, string>> = { pgup: 'PPage', pgdn: 'NPage', 'shift-tab': 'BTab', esc: 'Escape' };
  return (
    names[key] ??
    key
      .replace(/^ctrl-/, 'C-')
      .replace(/^alt-/, 'M-')
      .replace(/^[a-z]{2,}$/, word => word[0]!.toUpperCase() + word.slice(1))
  );
};

/** Other keys for commands that are left without any: what arrives in place of their own if it is free, else one nobody has. */
const proposalFor = (findings: readonly KeyFinding[], commands: readonly BoundCommand[]): KeyWishes => {
  const lost = new Map(findings.map(({ key, got }) => [key, got]));
  let wishes: KeyWishes = {};
  for (const { id, keys } of commands) {
    const left = keys.filter(key => !lost.has(key));
    if (keys.length === 0 || left.length > 0) continue;
    const instead = keys.map(key => lost.get(key)).filter(got => got !== undefined);
    const free = [...instead, ...CANDIDATES].find(key => !lost.has(key) && isFree(key, id, { wishes, commands }));
    if (free !== undefined) wishes = { ...wishes, [id]: [free] };
  }
  return wishes;
};

/** It means nothing where the command is heard, and hides nothing. */
const isFree = (
  key: string,
  id: string,
  { wishes, commands }: { wishes: KeyWishes; commands: readonly BoundCommand[] },
): boolean => {
  const { problems, notes } = bindKeys({ ...wishes, [id]: [key] }, commands);
  return 'name' in readKey(key) && problems.length === 0 && notes.length === 0;
};

const CANDIDATES: readonly string[] = [
  ...'ABCEHIMOPQRUVXbcuv;,.=*%$#&^~"'.split(''),
  ...'goxtynwef'.split('').map(letter => `ctrl-${letter}`),
];
