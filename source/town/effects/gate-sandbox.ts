import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sandboxWords } from '../../agents/sandbox.ts';
import { checkSandbox } from '../../agents/sandbox-check.ts';
import type { Sandbox } from '../../gates/runner.ts';
import type { GateRun, Rig } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';
import { borrowed, named, programs } from './sandbox.ts';

/** How a rig's gates are kept apart on this machine. `refusal`: the rig demands a sandbox, and none works here. */
export interface GateSandboxPlan {
  readonly kind: NonNullable<GateRun['sandbox']>;
  readonly why?: string;
  readonly refusal?: string;
}

/** Without a network unless the rig wants one, in a sandbox unless there is none or it is switched off. Never rejects. */
export const planGateSandbox = async (
  context: Pick<TownContext, 'env'>,
  rig: Pick<Rig, 'id' | 'sandbox' | 'gateNetwork'>,
): Promise<GateSandboxPlan> => {
  if (rig.sandbox === 'off') return { kind: 'none', why: `it is switched off for ${rig.id}` };
  const check = await checkSandbox(context.env);
  if (!check.works) {
    const refusal = `${rig.id} demands a sandbox, and none works here: ${check.why}`;
    return { kind: 'none', why: check.why, ...(rig.sandbox === 'required' && { refusal }) };
  }
  if (rig.gateNetwork === 'open') return { kind: 'open', why: `${rig.id} lets its gates have the network` };
  return check.ownNetwork
    ? { kind: 'closed' }
    : { kind: 'open', why: 'sandboxes have no network of their own on this machine' };
};

/** The same walls for a setup, with the network: it installs what the lockfiles name. */
export const confineSetup = async (
  context: Pick<TownContext, 'paths' | 'config' | 'env'>,
  setup: { rig: Rig; cwd: string; home: string; env: Readonly<Record<string, string>> },
): Promise<Sandbox | undefined> => {
  const { kind } = await planGateSandbox(context, setup.rig);
  return confineGate(context, { ...setup, command: setup.rig.setup ?? '', kind: kind === 'none' ? 'none' : 'open' });
};

/**
 * What runs a gate, or a setup, in its sandbox: it sees the system, the programs of its PATH and the objects that its
 * checkout borrows, and writes to the checkout and its own home. Undefined where gates run without one.
 */
export const confineGate = async (
  context: Pick<TownContext, 'paths' | 'config' | 'env'>,
  gate: {
    rig: Rig;
    command: string;
    cwd: string;
    home: string;
    env: Readonly<Record<string, string>>;
    kind: GateSandboxPlan['kind'];
  },
): Promise<Sandbox | undefined> => {
  if (gate.kind === 'none') return undefined;
  const check = await checkSandbox(context.env);
  const landing = context.paths.landing(gate.rig.id);
  // As for agents: neither the town nor all that is the person's.
  const hidden = [context.paths.dir, context.env.HOME ?? os.homedir()];
  const { readable } = context.config.sandbox;
  const writable = [gate.cwd, gate.home, ...context.config.sandbox.writable.filter(file => existsSync(file))];
  // Bound by itself, a file of a folder that can be written could not be.
  const files = named(gate.command).filter(file => !writable.some(folder => file.startsWith(`${folder}${path.sep}`)));
  const words = sandboxWords({
    readable: [
      ...programs({ env: gate.env }, hidden),
      landing,
      ...(await borrowed(path.join(landing, 'objects'))),
      context.paths.bin,
      ...files,
      ...readable,
    ].filter(file => existsSync(file)),
    writable,
    cwd: gate.cwd,
    network: gate.kind === 'closed' ? 'metered' : 'open',
    passesSignals: check.works && check.passesSignals,
  });
  // In a closed one nothing gives signals their usual meaning back unless it is said; agents have a relay for that.
  const isDeaf = check.works && check.passesSignals && gate.kind === 'closed';
  return {
    words: isDeaf ? [...words, 'env', '--default-signal'] : words,
    proof: path.join(gate.home, 'tmp', `.started-${randomUUID()}`),
  };
};
