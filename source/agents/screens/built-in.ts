import type { ScreenRulesInput } from './rules.ts';

const ESC = '\u001B';
/** A numbered answer: its digit takes it at once, and in an empty composer it is a digit and no more. */
const numbered = (label: string): string => `^(?<key>\\d)\\. (?<label>${label})$`;

/** As seen on the screens recorded in test/agents/screens/, which name the versions. By the kind of the agent. */
export const BUILT_IN_RULES: Readonly<Record<string, ScreenRulesInput>> = {
  claude: {
    titles: [
      { when: '^[◐◑◒◓] ', state: 'working' },
      { when: '^✳ ', state: 'idle' },
    ],
    prompts: [
      {
        name: 'permission',
        kind: 'permission',
        when: '^───\\n(?:(?!───\\n).*\\n)+Do you want to .*\\n1\\. Yes\\n(?:.*\\n)*Esc to cancel.*$',
        title: ['^(?:Create|Edit|Write|Overwrite) file\\n(.*)', '^╌╌╌\\n(.*)', '^───\\n(.*)'],
        answers: [
          { kind: 'allow', when: numbered('Yes'), keys: '{key}' },
          { kind: 'allow_always', when: numbered('Yes, .*'), keys: '{key}' },
          { kind: 'deny', when: numbered('No.*'), keys: '{key}' },
        ],
      },
      {
        name: 'question',
        kind: 'question',
        when: '^───\\n☐ .*\\n(?:(?!───\\n).*\\n)+───\\n.*\\nEnter to select.*Esc to cancel.*$',
        title: ['^☐ .*\\n(.*)'],
        answers: [
          { kind: 'choice', when: numbered('(?!Type something|Chat about|\\[).*'), keys: '{key}' },
          { kind: 'deny', label: 'Cancel the question', keys: ESC },
        ],
      },
    ],
    working: ['esc to interrupt'],
    ready: ['^❯(?: Try ".*")?$'],
  },
  codex: {
    titles: [
      { when: 'Action Required', state: 'waiting' },
      { when: '^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ', state: 'working' },
    ],
    prompts: [
      {
        name: 'approval',
        kind: 'permission',
        when: '^Would you like to .*\\n(?:.*\\n)*?1\\. Yes.*\\n(?:.*\\n)*Press enter to confirm or esc to cancel$',
        title: ['^\\$ (.*)', '^Would you like to (.*)'],
        answers: [
          { kind: 'allow', when: '^1\\. (?<label>Yes.*) \\((?<key>y)\\)$', keys: '{key}' },
          { kind: 'allow_always', when: '^[2-9]\\. (?<label>Yes.*) \\((?<key>\\w)\\)$', keys: '{key}' },
          { kind: 'deny', when: '^\\d\\. (?<label>No.*) \\(esc\\)$', keys: ESC },
        ],
      },
    ],
    working: ['esc to interrupt\\)'],
    ready: ['^› Ask Codex'],
  },
  gemini: {
    titles: [
      { when: '^✋', state: 'waiting' },
      { when: '^✦', state: 'working' },
      { when: '^◇', state: 'idle' },
    ],
    prompts: [
      {
        name: 'confirmation',
        kind: 'permission',
        when: '^╭\\n\\? .*\\n(?:.*\\n)*?1\\. .*\\n(?:.*\\n)*?\\d\\. No.*\\n╰$',
        title: ['^\\? \\S+\\s+(.*)'],
        answers: [
          { kind: 'allow', when: numbered('(?:Allow|Yes).* once|Allow once'), keys: '{key}' },
          { kind: 'allow_always', when: numbered('Allow (?!.*once).*'), keys: '{key}' },
          { kind: 'deny', when: '^\\d\\. (?<label>No.*?)(?: \\(esc\\))?$', keys: ESC },
        ],
      },
    ],
    working: ['\\(esc to cancel'],
    ready: ['^> +Type your message'],
  },
  copilot: {
    prompts: [
      {
        name: 'approval',
        kind: 'permission',
        when: '^╭\\n.*\\n───\\n(?:.*\\n)*?Do you want to .*\\n1\\. Yes.*\\n(?:.*\\n)*.*esc to cancel\\n╰$',
        title: ['^───\\n╭\\n(.*)', '^╭\\n(.*)'],
        answers: [
          { kind: 'allow', when: numbered('Yes'), keys: '{key}' },
          { kind: 'allow_always', when: numbered('Yes, .*'), keys: '{key}' },
          { kind: 'deny', when: '^\\d\\. (?<label>No.*?)(?: \\(Esc.*\\))?$', keys: ESC },
        ],
      },
    ],
    working: ['^[◎●○◉] Working '],
    ready: ['^❯$'],
  },
  opencode: {
    prompts: [
      {
        name: 'permission',
        kind: 'permission',
        when: '^△ Permission required\\n(?:.*\\n)+Allow once +Allow always +Reject.*enter confirm$',
        title: ['^\\$ (.*)', '^# (.*)'],
        answers: [
          // The first is chosen when it appears; nobody but a person at its terminal moves that.
          { kind: 'allow', label: 'Allow once', keys: '\r' },
          { kind: 'deny', label: 'Reject', keys: ESC },
        ],
      },
    ],
    working: ['esc interrupt'],
    ready: ['^Ask anything', '^▣ .*\\n\\w+ · .*\\n.*ctrl\\+p commands$'],
  },
  pi: {
    working: ['^── . Working'],
    ready: ['^───\\n───$'],
  },
};
