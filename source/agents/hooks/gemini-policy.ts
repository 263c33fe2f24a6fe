/** The engine looks from the beginning of the command, which stands there as JSON. */
const ANYTHING = '([^"\\\\]|\\\\.)*?';

/** Further words of the same command. */
const REST = '([^"\\\\;&|]|\\\\.)*?';

const REFUSED: readonly { readonly pattern: string; readonly what: string }[] = [
  {
    pattern: `\\bgit\\b${REST}\\bpush\\b${REST}\\s(-[a-zA-Z]*f\\b|--force|--mirror|--delete|\\+|:\\w)`,
    what: 'A forced push takes commits of others away. Commit on your branch and report it: the town tests the work and lands it.',
  },
  {
    pattern: `\\bgit\\b${REST}\\bstash\\b(?!\\s+(list|show))`,
    what: 'A stash is easily lost. Commit what you have on your branch, and go on from there.',
  },
  {
    pattern: '\\b(pkill|killall|killall5|skill)\\b',
    what: 'This ends processes by name, also those of other agents. End only what you started, by its process id.',
  },
  {
    pattern: '\\b(shutdown|reboot|poweroff|halt)\\b',
    what: 'This stops the machine for everybody.',
  },
  {
    pattern: `\\brm\\b${REST}(\\s|\\\\")(~|\\$HOME|\\$\\{HOME\\}|/)/?\\*?(\\s|\\\\|"|;|&|$)`,
    what: 'This removes a home or the whole system. Name what is to go, inside your checkout.',
  },
  {
    pattern:
      '\\b([dD][rR][oO][pP]|[tT][rR][uU][nN][cC][aA][tT][eE])\\s+([dD][aA][tT][aA][bB][aA][sS][eE]|[sS][cC][hH][eE][mM][aA]|[tT][aA][bB][lL][eE])\\b',
    what: 'This removes data that others may need. Ask a person: gt ask.',
  },
  {
    pattern: `\\b(terraform\\s+destroy|kubectl\\s+delete\\s+(ns|namespace|-f)|aws\\s+s3\\s+(rb|rm)\\b|dropdb\\b|flushall\\b)`,
    what: 'This removes what runs for others. Ask a person: gt ask.',
  },
];

/** A string of TOML, taken as it is written. */
const quoted = (text: string): string => `'''${text}'''`;

/**
 * The guard as rules of Gemini CLI's own policy engine. Over ACP it runs no hook before a tool (0.61.0 runs them on its own
 * screen only), so these patterns stand in for `gt guard` there. They are coarser: a person who wrote such a command on
 * purpose may disguise it, and the sandbox is the wall; what they stop is the slip.
 */
export const GEMINI_POLICY: string = (() => {
  const refused = REFUSED.map(
    ({ pattern, what }) =>
      `[[rule]]\ntoolName = "run_shell_command"\ncommandRegex = ${quoted(ANYTHING + pattern)}\ndecision = "deny"\npriority = 900\ndenyMessage = ${quoted(what)}\n`,
  );
  const allowed = ['gt', 'bd', ...['add', 'commit', 'status', 'diff', 'log', 'show'].map(verb => `git ${verb}`)].map(
    command =>
      `[[rule]]\ntoolName = "run_shell_command"\ncommandPrefix = "${command} "\ndecision = "allow"\npriority = 100\n`,
  );
  return [...refused, ...allowed].join('\n');
})();
