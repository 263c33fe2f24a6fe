import { appendFileSync } from 'node:fs';
import { AGENT_CLIS } from '../../../source/agents/catalog.ts';
import type { AgentCli, ModelApi } from '../../../source/agents/cli.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { type Bench, bench, gate } from '../../town/harness.ts';
import { type ScriptedModel, startModel } from '../model/model.ts';
import { agentProgram } from './drive.ts';

/** Models that each CLI knows, so that it offers its tools and that its calls have a price. */
export const MODELS: Readonly<Record<string, string>> = {
  claude: 'claude-sonnet-4-5',
  codex: 'gpt-5.5',
  gemini: 'gemini-2.5-pro',
  opencode: 'claude-sonnet-4-5',
  copilot: 'gpt-5.4',
  pi: 'claude-sonnet-4-5',
};

const ADDRESS: Readonly<Record<ModelApi, string>> = {
  anthropic: 'ANTHROPIC_BASE_URL',
  openai: 'OPENAI_BASE_URL',
  gemini: 'GOOGLE_GEMINI_BASE_URL',
};

/** A key that opens nothing; agents must not even see it. */
export const DUMMY_KEY = 'dummy-key-of-a-test-0123456789';

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
  readonly model: Pick<ScriptedModel, 'url' | 'requests' | 'close'>;
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
    /** Of a model that runs elsewhere; else one is started. */
    modelUrl?: string;
    settings?: NonNullable<Parameters<typeof bench>[1]>['settings'];
    files?: Readonly<Record<string, string>>;
    toml?: string;
  },
): Promise<AgentTown> => {
  const model = options.modelUrl === undefined ? await startModel() : elsewhere(options.modelUrl);
  const town = await bench(name, {
    started: false,
    gates: [gate('test ! -e broken.txt')],
    files: { 'base.txt': 'base\n', ...options.files },
    settings: { ...options.settings, witness: { idleAfterMs: 1_500, ...options.settings?.witness } },
  });
  const presets = options.clis.map(cli =>
    [
      `[agents.${cli.name}]`,
      `command = ${JSON.stringify(agentProgram(cli))}`,
      `model = ${JSON.stringify(MODELS[cli.name])}`,
      `permissions = "${options.permissions ?? 'auto'}"`,
      `env = { ${cli.keys[0]} = "${DUMMY_KEY}", ${ADDRESS[cli.api]} = "${model.url}" }`,
    ].join('\n'),
  );
  appendFileSync(townPaths(town.town).config, `\n${presets.join('\n\n')}\n${options.toml ?? ''}`);
  await town.start();
  return Object.assign(town, { model });
};

const elsewhere = (url: string): AgentTown['model'] => ({ url, requests: [], close: async () => {} });
