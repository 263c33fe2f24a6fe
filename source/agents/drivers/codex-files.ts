/** What a TOML file is made from: tables of tables, with texts, numbers, truths and lists of them. */
export interface Toml {
  readonly [name: string]: TomlValue;
}
export type TomlValue = string | number | boolean | readonly TomlValue[] | Toml;

/** A TOML document. Any name and any text may stand in it. */
export const tomlText = (table: Toml): string => `${tableLines(table, []).join('\n')}\n`;

/** A file of Codex's rules by which commands that begin with these words are never asked about. */
export const allowRules = (prefixes: readonly (readonly string[])[]): string =>
  prefixes.map(words => `prefix_rule(pattern = ${JSON.stringify(words)}, decision = "allow")\n`).join('');

const tableLines = (table: Toml, path: readonly string[]): string[] => {
  const entries = Object.entries(table);
  const own = entries.filter(([, value]) => !isTable(value)).map(([name, value]) => `${bare(name)} = ${inline(value)}`);
  const tables = entries.flatMap(([name, value]) => (isTable(value) ? tableLines(value, [...path, name]) : []));
  const head = path.length > 0 && own.length > 0 ? ['', `[${path.map(bare).join('.')}]`] : [];
  return [...head, ...own, ...tables];
};

const isTable = (value: TomlValue): value is Toml => typeof value === 'object' && !Array.isArray(value);

const inline = (value: TomlValue): string =>
  Array.isArray(value)
    ? `[${value.map(inline).join(', ')}]`
    : typeof value === 'string'
      ? quoted(value)
      : String(value);

const bare = (name: string): string => (/^[A-Za-z0-9_-]+$/.test(name) ? name : quoted(name));

/** JSON's escapes are all known to TOML, which wants DEL escaped as well. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f');
