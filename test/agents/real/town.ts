import { appendFileSync } from 'node:fs';
import { AGENT_CLIS } from '../../../source/agents/catalog.ts';
import type { AgentCli } from '../../../source/agents/cli.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { type Bench, bench, gate } from '../../town/harness.ts';
import { type ScriptedModel, startModel } from '../model/model.ts';
import { agentProgram } from './drive.ts';
import { presetToml } from './preset.ts';

/** The CLIs of the catalogue that are in the cache, and those that are not. */
export const clisHere = (): { here: AgentCli[]; missing: AgentCli[] } => {
  const asked = process.env.GASTOWN_AGENTS?.split(',');
  const all = [...AGENT_CLIS.values()].filter(({ name }) => asked?.includes(name) ?? true);
  return {
    here: all.filter(cli => agentProgram(cli) !== undefined),
    missing: all.filter(cli => agentProgram(cli) === undefined),
  };
};

export interface AgentTown extends Bench {
  readonly model: ScriptedModel;
}

/**
 * A town on a small repository with a gate, whose agents are real CLIs by a key at a scripted model: through the meter, in
 * a sandbox where one works. `ask`: a person is asked before what the CLI holds dangerous.
 */
export const agentTown = async (
  name: string,
  options: {
    clis: readonly AgentCli[];
    permissions?: 'auto' | 'ask';
    settings?: NonNullable<Parameters<typeof bench>[1]>['settings'];
    files?: Readonly<Record<string, string>>;
    toml?: string;
  },
): Promise<AgentTown> => {
  const model = await startModel();
  const town = await bench(name, {
    started: false,
    gates: [gate('test ! -e broken.txt')],
    files: { 'base.txt': 'base\n', ...options.files },
    settings: { ...options.settings, witness: { idleAfterMs: 1_500, ...options.settings?.witness } },
  });
  const presets = options.clis.map(cli =>
    presetToml(cli, { model: model.url, permissions: options.permissions ?? 'auto' }),
  );
  appendFileSync(townPaths(town.town).config, `\n${presets.join('\n\n')}\n${options.toml ?? ''}`);
  await town.start();
  return Object.assign(town, { model });
};
