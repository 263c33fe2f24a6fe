import type { AgentCli, ModelApi } from '../../agents/cli.ts';
import { upstreamRefusal } from '../../agents/meter/routes.ts';
import type { AgentPreset } from '../../agents/presets.ts';
import { GastownError } from '../../common/errors.ts';

/** Whose name it is sent under where it is not the service's usual header. */
const BEARERS: ReadonlySet<string> = new Set(['ANTHROPIC_AUTH_TOKEN']);

/** Where people name a gateway of their own, and where each service is without one. */
export const SERVICES: Readonly<Record<ModelApi, { readonly variable: string; readonly upstream: string }>> = {
  anthropic: { variable: 'ANTHROPIC_BASE_URL', upstream: 'https://api.anthropic.com' },
  openai: { variable: 'OPENAI_BASE_URL', upstream: 'https://api.openai.com' },
  gemini: { variable: 'GOOGLE_GEMINI_BASE_URL', upstream: 'https://generativelanguage.googleapis.com' },
};

export interface Account {
  /** Names the key to the meter: two presets may have different ones of one name. */
  readonly name: string;
  readonly value: string;
  readonly bearer: boolean;
  readonly upstream: string;
}

/**
 * The person's key for this agent and the service that it is for; undefined when the agent uses its own login. Throws
 * `config_invalid` when the preset wants a key and there is none, or when the service's address cannot be used.
 */
export const accountOf = (
  { cli, preset }: { cli: AgentCli; preset: AgentPreset },
  env: NodeJS.ProcessEnv,
): Account | undefined => {
  if (preset.billing === 'login') return undefined;
  const name = cli.keys.find(key => (preset.env[key] ?? env[key] ?? '').trim() !== '');
  if (name === undefined) {
    if (preset.billing === 'auto') return undefined;
    throw new GastownError('config_invalid', `The agent ${preset.name} is to be billed by key, and there is none.`, {
      hint: `Start the town with ${cli.keys.join(' or ')} set, or set billing = "login" under [agents.${preset.name}].`,
    });
  }
  const { variable, upstream: usual } = SERVICES[cli.api];
  // People write the address of OpenAI with its version, Anthropic's without; each CLI adds its own path.
  const upstream = (preset.env[variable] || env[variable] || usual).trim().replace(/\/+(?:v1(?:beta)?\/*)?$/, '');
  const refusal = upstreamRefusal(upstream);
  if (refusal !== undefined) {
    throw new GastownError('config_invalid', `${variable}: ${refusal}`, { hint: 'Name an https:// address.' });
  }
  const value = (preset.env[name] ?? env[name])!.trim();
  return { name: `${preset.name}/${name}`, value, bearer: BEARERS.has(name), upstream };
};

/** Variables that name a key or a gateway: an agent behind the meter gets none of them. */
export const accountVariables = (cli: AgentCli): readonly string[] => [...cli.keys, SERVICES[cli.api].variable];
