import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const HOOKS = [
  ...['applypatch-msg', 'pre-applypatch', 'post-applypatch', 'pre-commit', 'pre-merge-commit', 'prepare-commit-msg'],
  ...['commit-msg', 'post-commit', 'pre-rebase', 'post-checkout', 'post-merge', 'pre-push', 'pre-receive', 'update'],
  ...['proc-receive', 'post-receive', 'post-update', 'reference-transaction', 'push-to-checkout', 'pre-auto-gc'],
  ...['post-rewrite', 'sendemail-validate', 'fsmonitor-watchman', 'post-index-change'],
];

export interface GitTraps {
  /** Sets every trap in a Git directory. */
  plant(gitDir: string): void;
  /** Names of the traps that ran, sorted. */
  ran(): string[];
  clear(): void;
  /** A command that is a trap by itself, for where a test wants one. */
  trap(name: string): string;
}

/** Everything that Git can be told to run. Each trap leaves a file with its name in a folder under `dir` when it runs. */
export const plantTraps = (dir: string): GitTraps => {
  const ran = path.join(dir, 'ran');
  const traps = path.join(dir, 'traps');
  mkdirSync(ran);
  mkdirSync(traps);
  const program = (file: string, name: string, then: string): string => {
    writeFileSync(file, `#!/bin/sh\ntouch '${ran}/${name}'\n${then}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const trap = (name: string, then = 'cat'): string => program(path.join(traps, name), name, then);
  writeFileSync(path.join(traps, 'attributes'), '* filter=evil diff=evil merge=evil\n');
  const text = configText({ trap, traps });
  return {
    plant(gitDir) {
      mkdirSync(path.join(gitDir, 'hooks'), { recursive: true });
      mkdirSync(path.join(gitDir, 'info'), { recursive: true });
      for (const hook of HOOKS) program(path.join(gitDir, 'hooks', hook), `hook-${hook}`, 'exit 0');
      // Half of it directly, half of it by way of an included file: both are configuration to Git.
      writeFileSync(path.join(gitDir, 'evil.config'), text.included);
      writeFileSync(path.join(gitDir, 'config'), text.direct, { flag: 'a' });
      writeFileSync(path.join(gitDir, 'info', 'attributes'), '* filter=evil diff=evil merge=evil\n', { flag: 'a' });
    },
    ran: () => readdirSync(ran).sort(),
    clear: () => {
      for (const name of readdirSync(ran)) rmSync(path.join(ran, name));
    },
    trap,
  };
};

const configText = (to: { trap: (name: string, then?: string) => string; traps: string }) => {
  const { trap, traps } = to;
  const section = (name: string, settings: Readonly<Record<string, string>>): string =>
    [
      `[${name}]`,
      ...Object.entries(settings).map(([key, value]) => `\t${key} = "${value.replaceAll('"', '\\"')}"`),
      '',
    ].join('\n');
  const hooks = path.join(traps, 'hooks');
  mkdirSync(hooks);
  for (const hook of HOOKS) {
    const file = path.join(hooks, hook);
    writeFileSync(file, `#!/bin/sh\nexec '${trap(`path-hook-${hook}`, 'exit 0')}'\n`);
    chmodSync(file, 0o755);
  }
  const direct = [
    section('core', {
      ...{ fsmonitor: trap('fsmonitor', 'printf "/\\0"'), pager: trap('pager'), editor: trap('editor') },
      ...{ sshCommand: trap('ssh'), askPass: trap('askpass'), gitProxy: trap('proxy') },
      ...{ alternateRefsCommand: trap('alternate-refs'), attributesFile: path.join(traps, 'attributes') },
      repositoryFormatVersion: '1',
    }),
    section('filter "evil"', {
      ...{ clean: trap('clean'), smudge: trap('smudge'), required: 'true' },
    }),
    section('merge "evil"', { driver: trap('merge-driver', 'exit 1') }),
    section('diff "evil"', { textconv: trap('textconv'), command: trap('diff-command') }),
    section('diff', { external: trap('diff-external') }),
    section('extensions', { partialClone: 'promisor' }),
    section('remote "promisor"', { url: `ext::${trap('promisor')}`, promisor: 'true' }),
    section('protocol "ext"', { allow: 'always' }),
    section('include', { path: 'evil.config' }),
  ];
  const included = [
    section('uploadpack', { packObjectsHook: trap('pack-objects', 'exec "$@"') }),
    section('credential', { helper: trap('credential') }),
    section('gpg', { program: trap('gpg') }),
    section('gpg "ssh"', { program: trap('gpg-ssh') }),
    section('commit', { gpgSign: 'true' }),
    section('sequence', { editor: trap('sequence') }),
    section('init', { templateDir: traps }),
    section('trailer "evil"', { key: 'Evil', command: trap('trailer'), ifmissing: 'add' }),
    section('interactive', { diffFilter: trap('diff-filter') }),
    section('tar "evil"', { command: trap('tar') }),
    section('remote "origin"', { url: `ext::${trap('remote')}`, uploadpack: trap('uploadpack') }),
    section(`url "ext::${trap('instead-of')} "`, { insteadOf: '/' }),
    section('submodule "sub"', { url: `ext::${trap('submodule')}`, update: `!${trap('submodule-update')}` }),
  ];
  return { direct: direct.join(''), included: included.join('') };
};
