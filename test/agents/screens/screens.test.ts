import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { terminalState } from '../../../source/agents/screens/layers.ts';
import { readScreen } from '../../../source/agents/screens/read.ts';
import { screenRules } from '../../../source/agents/screens/rules.ts';

interface Recorded {
  readonly cli: string;
  readonly version: string;
  readonly title: string;
  readonly screen: readonly string[];
}
const DIR = import.meta.dirname;
const recorded = (name: string): Recorded => JSON.parse(readFileSync(path.join(DIR, `${name}.json`), 'utf8'));
const rulesOf = (cli: string, own?: Readonly<Record<string, unknown>>) => screenRules({ name: cli, kind: cli }, own);
const read = (name: string, own?: Readonly<Record<string, unknown>>) => {
  const { cli, screen } = recorded(name);
  return readScreen(screen, rulesOf(cli, own));
};

const ALL = readdirSync(DIR)
  .filter(file => file.endsWith('.json'))
  .map(file => path.basename(file, '.json'));

describe('recorded screens', () => {
  test.each(ALL.filter(name => !/permission|question/.test(name)))('%s asks nothing', name => {
    expect(read(name).prompt).toBeUndefined();
  });

  test.each(ALL.filter(name => name.endsWith('-working')))('%s shows a turn under way', name => {
    expect(read(name)).toMatchObject({ isWorking: true });
  });

  test.each(ALL.filter(name => /-(?:ready|idle|refused)$/.test(name)))('%s shows an empty composer', name => {
    expect(read(name)).toEqual({ isWorking: false, isReady: true });
  });

  test.each(ALL.filter(name => name.endsWith('-typed')))('%s shows a composer that is not empty', name => {
    expect(read(name)).toMatchObject({ isReady: false });
  });

  test.each<[string, string, readonly (readonly [string, string, string])[]]>([
    [
      'claude-permission-command',
      'Allow: git push origin main',
      [
        ['allow', 'Yes', '1'],
        ['allow_always', 'Yes, and don’t ask again for: git push *', '2'],
        ['allow_always', 'Yes, and switch to auto mode · auto mode handles these prompts for you', '3'],
        ['deny', 'No', '4'],
      ],
    ],
    [
      'claude-permission-file',
      'Allow: a.txt',
      [
        ['allow', 'Yes', '1'],
        [
          'allow_always',
          'Yes, and switch to accept edits (auto-approve file edits and common file commands) for this session (shift+tab)',
          '2',
        ],
        ['deny', 'No', '3'],
      ],
    ],
    [
      'claude-question',
      'Which library?',
      [
        ['choice', 'Left', '1'],
        ['choice', 'Right', '2'],
        ['deny', 'Cancel the question', '\u001B'],
      ],
    ],
    [
      'codex-permission-command',
      'Allow: git push origin main',
      [
        ['allow', 'Yes, proceed', 'y'],
        ['allow_always', "Yes, and don't ask again for commands that start with `git push origin main`", 'p'],
        ['deny', 'No, and tell Codex what to do differently', '\u001B'],
      ],
    ],
    [
      'gemini-permission-command',
      'Allow: git push origin main',
      [
        ['allow', 'Allow once', '1'],
        ['allow_always', 'Allow for this session', '2'],
        ['deny', 'No, suggest changes', '\u001B'],
      ],
    ],
    [
      'copilot-permission-command',
      'Allow: git push origin main',
      [
        ['allow', 'Yes', '1'],
        ['allow_always', "Yes, and don't ask again for `git push` in this repo (/base/work)", '2'],
        ['deny', 'No, and tell Copilot what to do differently', '\u001B'],
      ],
    ],
    [
      'opencode-permission-command',
      'Allow: git push origin main',
      [
        ['allow', 'Allow once', '\r'],
        ['deny', 'Reject', '\u001B'],
      ],
    ],
  ])('%s asks "%s", with the key of each answer', (name, title, answers) => {
    const { prompt } = read(name);
    expect(prompt?.ask.title).toBe(title);
    expect(prompt?.ask.detail).toContain(title.replace('Allow: ', ''));
    expect(prompt?.ask.options.map(({ id, kind, label }) => [kind, label, prompt.keys.get(id)])).toEqual(answers);
  });
});

describe('a question on a screen', () => {
  const asked = recorded('claude-permission-command');
  const on = (change: (row: string) => string, more: readonly string[] = []) =>
    readScreen([...asked.screen.map(change), ...more], rulesOf('claude')).prompt?.ask.id;
  const id = on(row => row);

  test('stays the same one when the pointer moves or the window is redrawn', () => {
    expect(on(row => row.replace('❯ 1. Yes', '  1. Yes').replace('  2. Yes', '❯ 2. Yes'))).toBe(id);
    expect(on(row => (row.startsWith('  Fake') ? '● Fake: git push' : row))).toBe(id);
  });

  test('is another one for another command', () => {
    const other = on(row => row.replace(' git push origin main', ' git push --force'));
    expect(other).toMatch(/^screen-/);
    expect(other).not.toBe(id);
  });

  test('is over when something stands below it', () => {
    expect(on(row => row, ['● It was run.', '❯'])).toBeUndefined();
  });

  test('is read by a person’s own rules where there are some, and wrong ones are refused by name', () => {
    const own = {
      claude: {
        prompts: [
          {
            name: 'mine',
            kind: 'permission',
            when: '^Do you want to proceed[\\s\\S]*$',
            answers: [{ kind: 'allow', label: 'Go', keys: '1' }],
          },
        ],
      },
    };
    expect(read('claude-permission-command', own).prompt).toMatchObject({
      rule: 'mine',
      ask: { title: 'Allow: mine', options: [{ label: 'Go', kind: 'allow' }] },
    });
    expect(read('claude-working', own).isWorking).toBe(true);
    expect(() => rulesOf('claude', { claude: { working: ['('] } })).toThrow(
      /screens\.claude\.working\.0: this is no regular expression/,
    );
  });
});

describe('the state of an agent in a terminal', () => {
  const NOW = 1_000_000;
  const state = (name: string, sight: Partial<Parameters<typeof terminalState>[0]> = {}, cli = recorded(name).cli) =>
    terminalState({ rows: recorded(name).screen, ...sight }, { rules: rulesOf(cli), before: undefined, now: NOW });

  test('is what it reports itself, before anything that its screen or title shows', () => {
    const status = { state: 'working', at: NOW - 5_000 } as const;
    const title = { text: '✳ Claude Code', at: NOW };
    expect(state('claude-permission-command', { status, title })).toMatchObject({
      state: 'working',
      source: 'osc',
      confidence: 'sure',
      since: NOW - 5_000,
    });
    expect(state('claude-permission-command', { status, title }).ask).toBeUndefined();
  });

  test('that reports to be blocked waits with the question on its screen, or with one that only a person can answer', () => {
    const status = { state: 'blocked', kind: 'permission', message: 'approve Bash: ls', at: NOW } as const;
    expect(state('claude-permission-command', { status }).ask?.options).toHaveLength(4);
    expect(state('claude-ready', { status })).toMatchObject({
      state: 'waiting',
      ask: { title: 'approve Bash: ls', options: [] },
    });
  });

  test('is told by the title, where a question on the screen does not tell it better', () => {
    const idle = { text: '✳ Claude Code', at: NOW };
    expect(state('claude-ready', { title: idle })).toMatchObject({ state: 'idle', source: 'title' });
    expect(state('claude-permission-command', { title: idle })).toMatchObject({ state: 'waiting', source: 'screen' });
    expect(state('gemini-working', { title: { text: recorded('gemini-working').title, at: NOW } })).toMatchObject({
      state: 'working',
      source: 'title',
      confidence: 'likely',
    });
  });

  test('is told by its screen, then by its output, and else is unknown', () => {
    expect(state('copilot-working')).toMatchObject({ state: 'working', source: 'screen' });
    expect(state('pi-ready')).toMatchObject({ state: 'idle', source: 'screen' });
    const blank = { rows: ['something'], lastOutputAt: NOW - 1_000 };
    expect(state('pi-ready', blank)).toMatchObject({ state: 'working', source: 'process', confidence: 'guess' });
    expect(state('pi-ready', { ...blank, lastOutputAt: NOW - 60_000 })).toMatchObject({ state: 'unknown' });
  });

  test('keeps its age while it lasts, and counts turns that end', () => {
    const rules = rulesOf('pi');
    const at = (name: string, before: ReturnType<typeof terminalState> | undefined, now: number) =>
      terminalState({ rows: recorded(name).screen }, { rules, before, now });
    const first = at('pi-working', undefined, 1_000);
    const second = at('pi-working', first, 2_000);
    const third = at('pi-idle', second, 3_000);
    expect([first, second, third]).toMatchObject([{ since: 1_000 }, { since: 1_000 }, { since: 3_000, turns: 1 }]);
    expect(at('pi-idle', third, 4_000).turns).toBe(1);
  });
});
