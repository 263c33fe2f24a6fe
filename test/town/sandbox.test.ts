import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codex } from '../../source/agents/drivers/codex.ts';
import { checkSandbox } from '../../source/agents/sandbox-check.ts';
import type { Rig } from '../../source/ledger/schema.ts';
import { OPERATOR } from '../../source/town/context.ts';
import { planSandbox } from '../../source/town/effects/sandbox.ts';
import { townPaths } from '../../source/town/paths.ts';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  fileOnMain,
  landed,
  processesIn,
  script,
  sessionsOf,
  until,
} from './harness.ts';

const check = await checkSandbox(process.env);
if (!check.works) console.warn(`Not run, for there is no sandbox here: ${check.why}.`);

let town: Bench;
afterAll(cleanUpAll);

describe.runIf(check.works)('an agent in a sandbox', () => {
  beforeAll(async () => {
    town = await bench('sandbox');
    mkdirSync(path.join(town.env.HOME!, '.ssh'));
    writeFileSync(path.join(town.env.HOME!, '.ssh/id_ed25519'), 'a private key');
  });

  /** Runs lines for an agent; each note tells what one of them could do. */
  const tried = async (title: string, lines: readonly string[]): Promise<{ id: string }> => {
    const id = await town.sling(title, script(...lines, `echo ${title} > '${title}.txt'`));
    await landed(town, id);
    return { id };
  };
  const note = (name: string, command: string): string =>
    `if ${command} > '${town.notes}/${name}' 2>&1; then echo could; else echo not; fi >> '${town.notes}/${name}'`;

  test('does its work: commits in its checkout, fetches the target, and reports', async () => {
    const { id } = await tried('works', [
      'echo mine > mine.txt && git add mine.txt && git commit --quiet -m Mine',
      'git fetch --quiet origin && git log -1 --format=%s origin/main',
      'echo other > other.txt && git add other.txt && git stash --quiet && git stash pop --quiet',
      'git reset --quiet --hard && git status --short',
      'echo kept > "$HOME/kept" && echo "$(bd show "$GASTOWN_BEAD" --json | wc -l)" > "$TMPDIR/shown"',
      'gt note "Written from inside"',
      'gt done -m "Reported from inside"',
    ]);
    expect(fileOnMain(town, 'mine.txt')).toBe('mine');
    expect(sessionsOf(town, id)).toMatchObject([
      { sandbox: { on: true, network: 'open' }, reported: { kind: 'done', summary: 'Reported from inside' } },
    ]);
    expect(beadOf(town, id).notes).toContain('Written from inside');
  });

  test('sees no secrets, no other work and nothing of the person', async () => {
    const paths = townPaths(town.town);
    const { id } = await tried('sees', [
      note('token', `cat '${paths.operatorToken}'`),
      note('ledger', `ls '${paths.ledger}'`),
      note('home', `ls '${town.env.HOME}/.ssh'`),
      note('origin', `ls '${town.origin}'`),
      note('checkouts', 'ls -A "$GASTOWN_CHECKOUT/.."'),
      note('sockets', `ls "$(dirname "$GASTOWN_SOCKET")/.."`),
      note('sessions', 'ls "$(dirname "$GASTOWN_PRIME")/.."'),
      note('session', 'ls "$(dirname "$GASTOWN_PRIME")"'),
      note('shadow', 'grep -q . /etc/shadow'),
      note('processes', 'ls -d /proc/[0-9]*'),
      note('capabilities', 'grep CapEff /proc/self/status'),
      note('root', 'ls /'),
    ]);
    for (const name of ['token', 'ledger', 'home', 'origin', 'shadow']) expect(town.note(name), name).toMatch(/not$/);
    const [session] = sessionsOf(town, id);
    const list = (name: string) => town.note(name).split('\n').slice(0, -1);
    expect(list('checkouts')).toEqual([path.basename(session!.checkout)]);
    expect(list('sockets')).toEqual(['agents']);
    expect(list('sessions')).toEqual([session!.id]);
    expect(list('session')).toEqual(['inbox', 'prime.md', 'script.sh']);
    expect(list('processes').length).toBeLessThan(8);
    expect(town.note('capabilities')).toMatch(/CapEff:\s+0+\n/);
    expect(list('root')).not.toContain('boot');
  });

  test('changes nothing but its own: not the target, not the system, not what it was started with', async () => {
    const landing = townPaths(town.town).landing('app');
    await tried('changes', [
      note(
        'ref',
        `git --git-dir='${landing}' update-ref refs/remotes/origin/main "$(git commit-tree -m Mine 'HEAD^{tree}')"`,
      ),
      note('object', `touch '${landing}/objects/planted'`),
      note('etc', 'touch /etc/planted'),
      note('usr', 'touch /usr/planted'),
      note('rootfs', 'touch /planted'),
      note('gt', `sh -c 'echo : > "$(command -v gt)"'`),
      note('script', `sh -c 'echo : >> "$(dirname "$GASTOWN_PRIME")/script.sh"'`),
      note('socket', 'rm "$GASTOWN_SOCKET"'),
      note('own', 'touch own-file "$HOME/own-file" /tmp/own-file'),
    ]);
    for (const name of ['ref', 'object', 'etc', 'usr', 'rootfs', 'gt', 'script', 'socket']) {
      expect(town.note(name), name).toMatch(
        /(Read-only|Permission|not permitted|cannot lock|cannot create)[\s\S]*not$/i,
      );
    }
    expect(town.note('own')).toBe('could');
  });

  test('ends as a whole, and what it started in a session of its own ends with it', async () => {
    const id = await town.sling(
      'Escapes',
      script(
        `setsid sh -c ': > "${town.notes}/escaped"; while :; do sleep 0.2; done' &`,
        'while :; do sleep 0.2; done',
      ),
    );
    await until(town, 'it runs', () => town.hasNote('escaped'));
    const { checkout, polecat } = sessionsOf(town, id)[0]!;
    expect(processesIn(checkout).length).toBeGreaterThanOrEqual(2);
    const { ok, message } = await town.running.handle.dispatch({ type: 'polecat.stop', payload: { polecat } } as never);
    expect(ok, message).toBe(true);
    await until(town, 'it has ended', () => sessionsOf(town, id)[0]!.status === 'ended');
    expect(processesIn(checkout)).toEqual([]);
  });

  test('hears signals that are for it, and has its last word', async () => {
    const id = await town.sling(
      'Listens',
      script(
        `[ "$GASTOWN_ATTEMPT" != 1 ] || { trap 'echo heard > "${town.notes}/heard"; exit 3' TERM; : > '${town.notes}/listening'; while :; do sleep 0.1; done; }`,
        'echo listened > listened.txt',
      ),
    );
    await until(town, 'it listens', () => town.hasNote('listening'));
    const session = sessionsOf(town, id)[0]!;
    const host = await town.running.town.context.host();
    await host.signal(session.id, 'SIGTERM');
    await until(town, 'it has ended', () => sessionsOf(town, id)[0]!.status === 'ended');
    expect(town.note('heard')).toBe('heard');
    expect(sessionsOf(town, id)[0]).toMatchObject({ outcome: 'failed', exitCode: 3 });
  });

  test('is switched off by its rig, and says so', async () => {
    const set = (sandbox: 'auto' | 'off') =>
      town.running.town.context.execute(OPERATOR, { type: 'rig.update', payload: { id: 'app', sandbox } });
    await set('off');
    const id = await town.sling(
      'Free',
      script(`while [ ! -e '${town.notes}/enough' ]; do sleep 0.05; done`, 'echo free > free.txt'),
    );
    const row = await until(town, 'it is seen', () =>
      town.running.handle.getView().polecats.find(({ bead, session }) => bead === id && session),
    );
    expect(row.unsandboxed).toBe('it is switched off for app');
    town.leave('enough');
    await landed(town, id);
    expect(sessionsOf(town, id)).toMatchObject([{ sandbox: { on: false, why: 'it is switched off for app' } }]);
    await set('auto');
  });
});

test('a rig that wants a sandbox where there is none starts nothing, and says what to do', async () => {
  const bare = await bench('bare', { started: false });
  bare.env.PATH = withoutBubblewrap(bare.dir);
  await bare.start();
  await bare.running.town.context.execute(OPERATOR, {
    type: 'rig.update',
    payload: { id: 'app', sandbox: 'required' },
  });
  const id = await bare.sling('Waits', script('echo never > never.txt'));
  const parked = await until(bare, 'it is parked', () => beadOf(bare, id).town.parked);
  expect(parked.reason).toContain('bwrap was not found');
  expect(parked.reason).toContain('gastown rig set app --sandbox auto');
  expect(sessionsOf(bare, id)).toEqual([]);

  await bare.running.town.context.execute(OPERATOR, { type: 'rig.update', payload: { id: 'app', sandbox: 'auto' } });
  const other = await bare.sling('Goes', script('echo goes > goes.txt'));
  await landed(bare, other);
  expect(sessionsOf(bare, other)).toMatchObject([
    { sandbox: { on: false, why: expect.stringContaining('bwrap was not found') } },
  ]);
  expect([...data(bare).polecats.values()].length).toBeGreaterThan(0);
});

/** A PATH of links to every program of the usual folders but one. */
const withoutBubblewrap = (dir: string): string => {
  const bin = path.join(dir, 'bin');
  mkdirSync(bin);
  for (const name of ['sh', 'git', 'mkfifo', 'env', 'cat', 'sleep']) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`, { mode: 0o755 });
  }
  return bin;
};

test.runIf(check.works)(
  'one that keeps its model in a sandbox of its own while it asks is in ours where that can be',
  async () => {
    const rig = { id: 'app' } as Rig;
    const wish = { rig, isMetered: false, cli: codex };
    const env = process.env;
    expect(await planSandbox({ env }, { ...wish, permissions: 'auto' })).toMatchObject({ on: true });
    const asking = { ...wish, permissions: 'ask' } as const;
    const nests = check.works && check.nests;
    expect(await planSandbox({ env }, asking)).toMatchObject(
      nests ? { on: true } : { on: false, why: expect.stringContaining('Codex') },
    );
    const demanding = planSandbox({ env }, { ...asking, rig: { ...rig, sandbox: 'required' } });
    await (nests
      ? expect(demanding).resolves.toMatchObject({ on: true })
      : expect(demanding).rejects.toThrow('of its own'));
  },
);
