import { z } from 'zod';
import { DEFAULT_SETTINGS } from '../../roles/settings.ts';
import { presetSchema } from '../../source/agents/presets.ts';
import { configSchema } from '../../source/town/config.ts';
import { rows } from './markdown.ts';
import { settingsWords } from './settings-words.ts';

/** What is read here of JSON Schema. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
}

/** docs/config.md: every key of `town.toml` with its type, its default and what it is for, from the schema that reads it. */
export const configPage = (): string => {
  const { properties = {} } = jsonSchema(configSchema);
  const { settings, agents, ...others } = properties;
  const tables = Object.entries(others).filter(([, schema]) => isTable(schema));
  const top = Object.entries(others).filter(([, schema]) => !isTable(schema));
  return [
    '# Config reference',
    '',
    'Made from the schema by `npm run docs`. `town.toml` lies in the folder of the town and is read when the town starts.',
    'Everything has a default; an unknown key or a wrong type is refused by name, and `gastown doctor` checks the file.',
    '',
    '## Top of the file',
    '',
    ...keyRows(top),
    ...tables.flatMap(([name, schema]) => tableSection(name, schema)),
    ...section('[agents.<name>]', agents?.description),
    ...keyRows(Object.entries(jsonSchema(presetSchema).properties ?? {})),
    ...settingsSections(settings!),
    '',
  ].join('\n');
};

const jsonSchema = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

const isTable = ({ type }: Schema): boolean => type === 'object';

const section = (title: string, about?: string): string[] => ['', `## \`${title}\``, '', ...(about ? [about, ''] : [])];

const tableSection = (name: string, schema: Schema): string[] => {
  if (schema.properties)
    return [...section(`[${name}]`, schema.description), ...keyRows(Object.entries(schema.properties))];
  const inner = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  const about = section(`[${name}."<name>"]`, schema.description);
  return inner.properties ? [...about, ...keyRows(Object.entries(inner.properties))] : about.slice(0, -1);
};

const keyRows = (entries: readonly (readonly [string, Schema])[]): string[] =>
  rows(
    ['Key', 'Type', 'Default', 'What it is for'],
    entries.map(([name, schema]) => [`\`${name}\``, typeOf(schema), defaultOf(schema), schema.description ?? '']),
  );

const typeOf = ({ type, enum: values, anyOf, items, additionalProperties }: Schema): string => {
  if (values) return values.map(value => `\`${JSON.stringify(value)}\``).join(', ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (type === 'array') return `list of ${typeOf(items ?? {})}s`;
  if (type === 'object' && typeof additionalProperties === 'object') return `table of ${typeOf(additionalProperties)}s`;
  return type ?? 'anything';
};

const defaultOf = ({ default: value }: Schema): string => (value === undefined ? '–' : `\`${JSON.stringify(value)}\``);

const settingsSections = (settings: Schema): string[] => {
  const words = settingsWords();
  return Object.entries(settings.properties ?? {}).flatMap(([group, schema]) => {
    const defaults = DEFAULT_SETTINGS[group as keyof typeof DEFAULT_SETTINGS] as Readonly<Record<string, number>>;
    return [
      ...section(`[settings.${group}]`, words.get(group)),
      ...rows(
        ['Key', 'Default', 'What it is for'],
        Object.keys(schema.properties ?? {}).map(name => [
          `\`${name}\``,
          numberWords(name, defaults[name]!),
          words.get(`${group}.${name}`) ?? '',
        ]),
      ),
    ];
  });
};

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
];

/** `900000` (15 minutes); the unit is the end of the name. */
const numberWords = (name: string, value: number): string => {
  const say = (amount: number, unit: string) => `\`${value}\` (${amount} ${unit}${amount === 1 ? '' : 's'})`;
  if (name.endsWith('Bytes')) return `\`${value}\` (${value / 1_048_576} MiB)`;
  const unit = name.endsWith('Ms') ? UNITS.find(([ms]) => value >= ms && value % ms === 0) : undefined;
  return unit ? say(value / unit[0], unit[1]) : `\`${value}\``;
};
