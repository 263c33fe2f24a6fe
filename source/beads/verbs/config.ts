import { GastownError } from '../../common/errors.ts';
import { prefixKey, settingsOf } from '../settings.ts';
import type { Call, Output, Verb } from '../verb.ts';

const NO_FLAGS = [] as const;

const configVerb: Verb = {
  name: 'config',
  summary: 'Settings: get, set, list, unset',
  usage: '<verb> [flags]',
  details:
    'Kept with the town. status.custom ("in_review:active,qa:wip") and types.custom ("spec,incident") add words;\nissue_prefix begins the ids of issues that belong to no repository. Other keys are kept as they are.',
  flags: NO_FLAGS,
  verbs: [
    {
      name: 'set',
      summary: 'Set a value',
      usage: '<key> <value>',
      flags: [{ name: 'force-git-tracked', kind: 'switch', help: 'Accepted for compatibility: no file is tracked' }],
      writes: true,
      async run(call) {
        const [key, value] = exactly(call, 2, 'bd config set <key> <value>');
        return change(call, { [key!]: value! });
      },
    },
    {
      name: 'set-many',
      summary: 'Set several values in one step',
      usage: '<key=value>...',
      flags: NO_FLAGS,
      writes: true,
      async run(call) {
        const pairs = call.args.words.map(word => /^([^=]+)=(.*)$/s.exec(word) ?? word);
        const wrong = pairs.find(pair => typeof pair === 'string');
        if (pairs.length === 0 || wrong !== undefined) {
          throw new GastownError(
            'usage',
            wrong === undefined ? 'at least one key=value is required' : `invalid "${wrong}": expected key=value`,
          );
        }
        return change(call, Object.fromEntries((pairs as RegExpExecArray[]).map(([, key, value]) => [key!, value!])));
      },
    },
    {
      name: 'get',
      summary: 'Show a value',
      usage: '<key>',
      flags: NO_FLAGS,
      run(call) {
        const [key] = exactly(call, 1, 'bd config get <key>');
        const value = settingsOf(call.data).get(prefixKey(key!));
        return { text: value ?? `${key} (not set)`, json: { schema_version: 1, key, value: value ?? '' } };
      },
    },
    {
      name: 'list',
      summary: 'Show all values',
      usage: '',
      flags: NO_FLAGS,
      run({ data }) {
        const settings = [...settingsOf(data)].sort(([a], [b]) => (a < b ? -1 : 1));
        if (settings.length === 0) return { text: 'No configuration set', json: {} };
        return {
          text: ['Configuration:', ...settings.map(([key, value]) => `  ${key} = ${value}`)].join('\n'),
          json: Object.fromEntries(settings),
        };
      },
    },
    {
      name: 'unset',
      summary: 'Remove a value',
      usage: '<key>',
      flags: NO_FLAGS,
      writes: true,
      async run(call) {
        const [key] = exactly(call, 1, 'bd config unset <key>');
        await call.execute({ type: 'beads.config', payload: { set: { [prefixKey(key!)]: null } } });
        return { text: `Unset ${key}`, json: { schema_version: 1, key } };
      },
    },
  ],
};

export const configVerbs: readonly Verb[] = [configVerb];

const exactly = ({ args }: Call, count: number, usage: string): readonly string[] => {
  if (args.words.length === count) return args.words;
  throw new GastownError('usage', `accepts ${count} arg(s), received ${args.words.length}`, { hint: usage });
};

const change = async (call: Call, set: Record<string, string>): Promise<Output> => {
  const named = Object.fromEntries(Object.entries(set).map(([key, value]) => [prefixKey(key), value]));
  await call.execute({ type: 'beads.config', payload: { set: named } });
  const pairs = Object.entries(set);
  return {
    text: pairs.map(([key, value]) => `Set ${key} = ${value}`).join('\n'),
    json:
      pairs.length === 1 ? { schema_version: 1, key: pairs[0]![0], value: pairs[0]![1] } : { schema_version: 1, set },
  };
};
