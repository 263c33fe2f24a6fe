import { expect, test } from 'vitest';
import { agentEnvironment } from '../../source/agents/environment.ts';

const HOSTILE: NodeJS.ProcessEnv = {
  PATH: '/usr/bin::.:node_modules/.bin:/bin',
  HOME: '/home/person',
  LANG: 'de_DE.UTF-8',
  LC_TIME: 'de_DE.UTF-8',
  TZ: 'Europe/Berlin',
  SSH_AUTH_SOCK: '/run/ssh',
  SSH_CONNECTION: '1.2.3.4',
  GPG_AGENT_INFO: 'x',
  DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus',
  DISPLAY: ':0',
  WAYLAND_DISPLAY: 'w',
  TMUX: '/tmp/tmux-0/default,1,0',
  TMUX_PANE: '%1',
  STY: 'screen',
  KITTY_LISTEN_ON: 'unix:/tmp/kitty',
  GITHUB_TOKEN: 'ghp_x',
  OPENAI_API_KEY: 'sk-x',
  AWS_SECRET_ACCESS_KEY: 'x',
  NODE_OPTIONS: '--require /tmp/evil.js',
  LD_PRELOAD: '/tmp/evil.so',
  BASH_ENV: '/tmp/evil.sh',
  ENV: '/tmp/evil.sh',
  GIT_DIR: '/somewhere/.git',
  GASTOWN_TOKEN: 'operator',
  LC_evil: '() { :; }',
  'BASH_FUNC_git%%': '() { evil; }',
};

const ours = { base: HOSTILE, home: '/town/home', bin: '/town/bin', tmp: '/town/home/tmp' };

test('passes on language, time zone and where tools are, and nothing else of a hostile environment', () => {
  expect(agentEnvironment(ours)).toEqual({
    PATH: '/town/bin:/usr/bin:/bin',
    HOME: '/town/home',
    TMPDIR: '/town/home/tmp',
    LANG: 'de_DE.UTF-8',
    LC_TIME: 'de_DE.UTF-8',
    TZ: 'Europe/Berlin',
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
  });
});

test('adds what the town sets for a session, which wins', () => {
  expect(agentEnvironment({ ...ours, extra: { CI: '1', GASTOWN_TOKEN: 'own', TERM: 'dumb' } })).toMatchObject({
    CI: '1',
    GASTOWN_TOKEN: 'own',
    TERM: 'dumb',
  });
});

test('has a usable PATH and language when there is none to pass on', () => {
  expect(agentEnvironment({ ...ours, base: {} })).toMatchObject({
    PATH: '/town/bin:/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
  });
});
