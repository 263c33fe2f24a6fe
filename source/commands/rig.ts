import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findPreset } from '../agents/presets.ts';
import { GastownError } from '../common/errors.ts';
import { type DetectedGates, detectGates } from '../gates/detect.ts';
import { repositoryNameOf } from '../git/github/repository-name.ts';
import { openLanding } from '../git/landing.ts';
import { inspectOrigin, isUrl, type Origin } from '../git/repository.ts';
import type { CommandInput } from '../ledger/commands.ts';
import {
  GATE_NETWORKS,
  type GateNetwork,
  type GuardSettings,
  LAND_WAYS,
  type LandWay,
  POLICIES,
  SANDBOX_NETWORKS,
  SANDBOX_WISHES,
  type SandboxNetwork,
  type SandboxWish,
} from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import { readConfig } from '../town/config.ts';
import { townPaths } from '../town/paths.ts';
import type { Invocation } from './invocation.ts';
import { isWanted } from './is-wanted.ts';
import { withTown } from './with-town.ts';

/** Without a timeout the ledger's own applies. */
type NewGates = CommandInput<'rig.add'>['gates'];

const RIG_NAME = /^[a-z][a-z0-9_-]{0,39}$/;

/** `gastown rig add <name> <origin>` */
export const rigAdd = async (
  invocation: Invocation,
  [name, given]: string[],
  options: Record<string, unknown>,
): Promise<undefined> => {
  const gates = options.gates === false ? [] : parseGates(options.gate as string[]);
  await withTown(invocation, async town => {
    const added = await addRig(town, {
      name: name!,
      origin: isUrl(given!) ? given! : path.resolve(invocation.cwd, given!),
      ...(options.branch !== undefined && { branch: options.branch as string }),
      ...((options.gates === false || gates.length > 0) && { gates }),
      ...(options.setup !== undefined && { setup: options.setup as string }),
      policy: options.policy as string,
      agent: options.agent as string,
      ...(options.prefix !== undefined && { prefix: options.prefix as string }),
      ...wallsOf(options),
      ...landOf(options),
      ...(options.yes !== true && !invocation.output.json && { agree: found => agree(invocation, found) }),
      ...guardsOf(options),
    });
    const record = (await town.records('rigs')).find(rig => rig.id === name)!;
    invocation.output.record('rig', record);
    invocation.output.say(`${name} is added: work lands on ${added.branch} of ${added.origin}.`);
    for (const gate of added.gates) invocation.output.say(`  gate ${gate.name}: ${gate.command}`);
    if (added.gates.length === 0)
      invocation.output.say('  It has no gates, so every merge needs a person. Add one with --gate test="npm test".');
  });
};

/** They are commands that will be run on this machine, so a person sees them first. */
const agree = ({ output }: Invocation, { gates, setup, found }: DetectedGates): Promise<boolean> => {
  output.say(`Found in the repository: ${found.join('; ')}.`);
  if (setup !== undefined) output.say(`  setup: ${setup}`);
  for (const gate of gates) output.say(`  gate ${gate.name}: ${gate.command}`);
  return isWanted('Nothing lands before these pass. Use them?');
};

/** `gastown rig set-origin <name> <origin>`: the same repository, elsewhere. */
export const rigSetOrigin = (invocation: Invocation, [name, given]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const rig = (await town.records('rigs')).find(({ id, removedAt }) => id === name && !removedAt);
    if (!rig)
      throw new GastownError('not_found', `There is no rig "${name}".`, { hint: 'gastown rig list names them.' });
    const at = isUrl(given!) ? given! : path.resolve(invocation.cwd, given!);
    const { origin } = await inspectOrigin(at, { branch: rig.branch });
    await town.dispatch({ type: 'rig.update', payload: { id: rig.id, origin } });
    invocation.output.record('rig', { ...rig, origin });
    invocation.output.say(`Work of ${rig.id} lands on ${rig.branch} of ${origin} now.`);
    return undefined;
  });

/** `gastown rig set <name>`: what was chosen when it was added, chosen anew. What is not named stays. */
export const rigSet = async (
  invocation: Invocation,
  [name]: string[],
  options: Record<string, unknown>,
): Promise<undefined> => {
  const { setup } = options as { setup?: string };
  const gates = options.gates === false ? [] : parseGates(options.gate as string[]);
  const changed = {
    ...((options.gates === false || gates.length > 0) && { gates }),
    ...(setup !== undefined && { setup }),
    ...(options.policy !== undefined && { policy: oneOf('policy', options.policy, POLICIES) }),
    ...(options.agent !== undefined && { agent: options.agent as string }),
    ...wallsOf(options),
    ...landOf(options),
    ...guardsOf(options),
  };
  if (Object.keys(changed).length === 0) {
    throw new GastownError('usage', 'Nothing to set.', { hint: 'For example: gastown rig set app --agent claude' });
  }
  await withTown(invocation, async town => {
    if (changed.agent !== undefined) await assertAgent(town, changed.agent);
    const before = (await town.records('rigs')).find(rig => rig.id === name);
    if (changed.land === 'pr') assertPullable(before?.origin);
    const guards = changed.guards && { guards: { ...before?.guards, ...changed.guards } };
    const outcome = await town.dispatch({ type: 'rig.update', payload: { id: name!, ...changed, ...guards } });
    invocation.output.record('rig', (await town.records('rigs')).find(rig => rig.id === name) ?? { id: name });
    invocation.output.say(outcome.message);
  });
};

/** `gastown rig list` */
export const rigList = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const rigs = (await town.records('rigs')).filter(rig => !rig.removedAt);
    for (const rig of rigs) invocation.output.record('rig', rig);
    if (rigs.length === 0)
      invocation.output.say('No repositories yet. Add one with: gastown rig add <name> <path or URL>');
    else
      invocation.output.table(
        ['NAME', 'BRANCH', 'POLICY', 'LANDS BY', 'GATES', 'ORIGIN'],
        rigs.map(rig => [
          rig.id,
          rig.branch,
          rig.policy,
          rig.land ?? 'push',
          rig.gates.map(gate => gate.name).join(' ') || 'none',
          rig.origin,
        ]),
      );
    return undefined;
  });

/** `gastown rig remove <name>` */
export const rigRemove = (invocation: Invocation, [name]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    await town.dispatch({ type: 'rig.remove', payload: { id: name! } });
    invocation.output.record('rig', (await town.records('rigs')).find(rig => rig.id === name) ?? { id: name });
    invocation.output.say(`${name} is no longer in the town. Its repository was not touched.`);
    return undefined;
  });

/** Checks an origin and adds it, with the gates given or found in it. */
export const addRig = async (
  town: TownAccess,
  rig: {
    name: string;
    origin: string;
    branch?: string;
    gates?: NewGates;
    setup?: string;
    policy?: string;
    agent?: string;
    prefix?: string;
    land?: LandWay;
    guards?: GuardSettings;
    /** Shows a person what was found, where gates or setup are to come from the repository; false adds nothing. */
    agree?: (found: DetectedGates) => Promise<boolean>;
  } & Walls,
): Promise<{ branch: string; origin: string; gates: NewGates }> => {
  if (!RIG_NAME.test(rig.name)) {
    throw new GastownError('usage', `"${rig.name}" cannot name a rig.`, {
      hint: 'Small letters, digits, - and _, at most 40, beginning with a letter.',
    });
  }
  const policy = oneOf('policy', rig.policy ?? 'guarded', POLICIES);
  if (rig.agent !== undefined) await assertAgent(town, rig.agent);
  if (rig.land === 'pr') assertPullable(rig.origin);
  const found = await inspectOrigin(rig.origin, rig.branch === undefined ? {} : { branch: rig.branch });
  const detected: DetectedGates = rig.gates ? { gates: [], found: [] } : await detectAt(found);
  if (detected.gates.length > 0 && rig.agree && !(await rig.agree(detected))) {
    throw new GastownError('usage', `${rig.name} was not added.`, {
      hint: 'Say which gates it has: --gate test="npm test", or --no-gates.',
    });
  }
  const gates = rig.gates ?? [...detected.gates];
  const setup = rig.setup ?? detected.setup;
  await town.dispatch({
    type: 'rig.add',
    payload: {
      id: rig.name,
      origin: found.origin,
      branch: found.branch,
      prefix: rig.prefix ?? prefixOf(rig.name),
      gates,
      policy,
      agent: rig.agent ?? 'shell',
      ...(setup && { setup }),
      ...(rig.sandbox && { sandbox: rig.sandbox }),
      ...(rig.network && { network: rig.network }),
      ...(rig.land && { land: rig.land }),
      ...(rig.gateNetwork && { gateNetwork: rig.gateNetwork }),
      ...(rig.reports && { reports: rig.reports }),
      ...(rig.guards && { guards: rig.guards }),
    },
  });
  return { branch: found.branch, origin: found.origin, gates };
};

/** Lines as in CODEOWNERS; those that free files stand last, for the last that matches decides. */
const guardsOf = (options: Record<string, unknown>): { guards?: GuardSettings } => {
  const [protect, unprotect, fixtures] = ['protect', 'unprotect', 'fixtures'].map(name =>
    ((options[name] ?? []) as string[]).map(pattern => pattern.trim().replace(/(?<!\\) /g, '\\ ')),
  ) as [string[], string[], string[]];
  const lines = [...protect.map(pattern => `${pattern} @you`), ...unprotect];
  const guards = { ...(lines.length > 0 && { protect: lines }), ...(fixtures.length > 0 && { fixtures }) };
  return Object.keys(guards).length > 0 ? { guards } : {};
};

/** `--no-sandbox` is short for `--sandbox off`. */
const wallsOf = ({ sandbox, network, gateNetwork, report }: Record<string, unknown>): Walls => ({
  ...(sandbox !== undefined && { sandbox: oneOf('sandbox', sandbox === false ? 'off' : sandbox, SANDBOX_WISHES) }),
  ...(network !== undefined && { network: oneOf('network', network, SANDBOX_NETWORKS) }),
  ...(gateNetwork !== undefined && { gateNetwork: oneOf('gate network', gateNetwork, GATE_NETWORKS) }),
  ...((report as string[]).length > 0 && { reports: report as string[] }),
});

const landOf = ({ land }: Record<string, unknown>): { land?: LandWay } =>
  land === undefined ? {} : { land: oneOf('way to land', land, LAND_WAYS) };

/** Pull requests are asked for by the name that GitHub has for a repository, which only its address there tells. */
const assertPullable = (origin: string | undefined): void => {
  if (origin === undefined || repositoryNameOf(origin)) return;
  throw new GastownError('usage', `Behind ${origin} are no pull requests: it is no address of GitHub.`, {
    hint: 'Give the address that you would clone from, like git@github.com:acme/app.git, or land by pushes.',
  });
};
interface Walls {
  sandbox?: SandboxWish;
  network?: SandboxNetwork;
  gateNetwork?: GateNetwork;
  reports?: string[];
}

const oneOf = <T extends string>(what: string, given: unknown, known: readonly T[]): T => {
  const found = known.find(one => one === given);
  if (found !== undefined) return found;
  throw new GastownError('usage', `"${String(given)}" is no ${what}.`, { hint: `There are: ${known.join(', ')}.` });
};

/** Throws `agent_unknown` with the names there are. */
const assertAgent = async (town: TownAccess, agent: string): Promise<void> => {
  findPreset(agent, (await readConfig(townPaths(town.dir).config)).agents);
};

/** Bead ids begin with it: the name's letters and digits, at most 6. */
export const prefixOf = (name: string): string => name.replaceAll(/[^a-z0-9]/g, '').slice(0, 6);

const parseGates = (given: readonly string[]): NewGates =>
  given.map(text => {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    const command = text.slice(at + 1).trim();
    if (at < 1 || !command)
      throw new GastownError('usage', `--gate wants name=command, found "${text}".`, {
        hint: 'For example --gate test="npm test".',
      });
    return { name, command };
  });

/**
 * What a project says about itself: of a checkout from its files, of a bare or remote repository from the target's tip,
 * fetched into a throw-away repository.
 */
export const detectAt = async (found: Origin): Promise<DetectedGates> => {
  if (found.kind === 'checkout') return detectGates(found.origin);
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'gastown-look-'));
  try {
    const landing = await openLanding({
      dir: path.join(scratch, 'landing.git'),
      origin: found.origin,
      branch: found.branch,
    });
    const { tip } = await landing.refresh();
    const detected = await detectGates({ landing, commit: tip });
    await landing.close();
    return detected;
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
  }
};
