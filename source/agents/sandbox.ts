/** What an agent may reach. Paths are absolute and the same inside and outside. */
export interface SandboxProfile {
  /** Read and run: programs, the object store that the checkout borrows from, the session's own script. */
  readonly readable: readonly string[];
  /** The private home, the checkout, the folder for reports while no town runs. */
  readonly writable: readonly string[];
  /** What another folder stands in for, by its path inside. */
  readonly standIns?: Readonly<Record<string, string>>;
  /** Where it starts. */
  readonly cwd: string;
  /** `open`: the machine's own network. `metered`: none but what the relay lets through to the town's sockets. */
  readonly network: SandboxNetwork;
  /** Whether `env` can give signals their usual meaning back; else a signal to the group ends the sandbox at once. */
  readonly passesSignals?: boolean;
}

export type SandboxNetwork = 'open' | 'metered';

/** Ports of 127.0.0.1 that lead out of a sandbox without a network, with the sockets that they lead to. */
export type RelayPorts = Readonly<Record<number, string>>;

/**
 * The words before a command that run it under bubblewrap: nothing is there but the system, read-only, and what the
 * profile names. No `--new-session`: each agent has a terminal of its own, and needs its job control and size changes.
 *
 * A signal to the group reaches bubblewrap as well, whose end would cut off the agent's last words: so bubblewrap is
 * started deaf to those, and the command hears them again. In a relay Node sees to that, for all that it starts.
 */
export const sandboxWords = (profile: SandboxProfile): string[] => [
  ...(profile.passesSignals ? ['sh', '-c', 'trap "" INT TERM HUP QUIT; exec "$@"', 'sandbox'] : []),
  'bwrap',
  ...NAMESPACES,
  ...(profile.network === 'metered' ? ['--unshare-net'] : []),
  ...SYSTEM,
  ...['--dev', '/dev', '--proc', '/proc', ...KERNEL, '--tmpfs', '/tmp', '--tmpfs', '/var/tmp', '--tmpfs', '/run'],
  ...(profile.network === 'open' ? RESOLVING : []),
  ...inDepth(profile).flatMap(({ path, isWritable }) => [
    isWritable ? '--bind' : '--ro-bind',
    profile.standIns?.[path] ?? path,
    path,
  ]),
  ...['--remount-ro', '/', '--chdir', profile.cwd, '--'],
  ...(profile.passesSignals && profile.network === 'open' ? ['env', '--default-signal'] : []),
];

/**
 * With its parent, the terminal host, it ends; with its first process, everything inside ends. User ids are kept, so that
 * files have the owners that they have outside. Root would keep the right to mount inside, and could make what is
 * read-only writable again.
 */
const NAMESPACES = [
  '--unshare-user',
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--die-with-parent',
  ...['--cap-drop', 'ALL'],
];

/** Folders of programs and libraries. Where `/bin` and its like are links into `/usr`, they are bound as what they lead to. */
const PROGRAMS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt', '/nix/store', '/snap'];

/** Of `/etc` only what programs need and nothing secret: no passwords, no keys of the machine. */
const SETTINGS = [
  'passwd',
  'group',
  'nsswitch.conf',
  'hosts',
  'host.conf',
  'localtime',
  'timezone',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'alternatives',
  'ssl/certs',
  'ssl/openssl.cnf',
  'ca-certificates',
  'ca-certificates.conf',
  'pki/ca-trust',
  'pki/tls/certs',
  'mime.types',
  'services',
  'protocols',
  'os-release',
  'debian_version',
  'java-17-openjdk',
  'java-21-openjdk',
].map(name => `/etc/${name}`);

const SYSTEM = [...PROGRAMS, ...SETTINGS].flatMap(path => ['--ro-bind-try', path, path]);
const RESOLVING = ['--ro-bind-try', '/etc/resolv.conf', '/etc/resolv.conf'];

/** The kernel's own switches ask for the user's number alone: root's, though it has no rights left, could turn them. */
const KERNEL = ['/proc/sys', '/proc/sysrq-trigger'].flatMap(path => ['--ro-bind-try', path, path]);

/** Outer folders before what lies in them: a later mount covers an earlier one. */
const inDepth = ({ readable, writable }: SandboxProfile): { path: string; isWritable: boolean }[] => {
  const all = new Map<string, boolean>();
  for (const path of readable) all.set(path, false);
  for (const path of writable) all.set(path, true);
  return [...all]
    .map(([path, isWritable]) => ({ path, isWritable }))
    .sort((a, b) => a.path.split('/').length - b.path.split('/').length || (a.path < b.path ? -1 : 1));
};
