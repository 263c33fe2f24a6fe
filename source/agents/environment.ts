/** Passed on from the person's environment: where tools are found and which language and time zone output is in. Nothing else. */
const ALLOWED = ['PATH', 'LANG', 'LANGUAGE', 'TZ'];
/** `LC_ALL`, `LC_CTYPE`, … */
const ALLOWED_PREFIX = /^LC_[A-Z]+$/;
/** Where there is no PATH to pass on. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * The environment of an agent or a gate, from an allow-list: no tokens, no agents' sockets (SSH_AUTH_SOCK, GPG, DBUS,
 * DISPLAY), and no TMUX, STY or KITTY_LISTEN_ON, through which an agent could press keys in the person's terminal
 * (field/refinery-and-store.md §5). HOME is its own folder, `bin` comes first on its PATH. `extra` wins; gates add CI=1.
 */
export const agentEnvironment = (options: {
  base: NodeJS.ProcessEnv;
  home: string;
  bin: string;
  tmp: string;
  extra?: Readonly<Record<string, string>>;
}): Record<string, string> => {
  const { base, home, bin, tmp, extra } = options;
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && (ALLOWED.includes(name) || ALLOWED_PREFIX.test(name))) env[name] = value;
  }
  return {
    LANG: 'C.UTF-8',
    ...env,
    PATH: [bin, ...searchPath(base.PATH)].join(':'),
    HOME: home,
    TMPDIR: tmp,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    ...extra,
  };
};

/** Absolute entries only: an empty or relative one would run programs that an agent put into its checkout. */
const searchPath = (value: string | undefined): string[] => {
  const folders = (value ?? '').split(':').filter(folder => folder.startsWith('/'));
  return folders.length > 0 ? folders : DEFAULT_PATH.split(':');
};
