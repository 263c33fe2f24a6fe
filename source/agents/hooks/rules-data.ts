import type { Invocation } from './invocations.ts';
import type { Rule } from './rules.ts';

const MIGRATE = 'Write a migration for people to review, and test it on a throw-away database of your own.';

/** Losing what is in a database. */
export const dataRules: Rule = invocation => sqlClientRefusal(invocation) ?? toolRefusal(invocation);

/** What SQL would lose; texts in quotes are no commands. Also for tools that take SQL themselves. */
export const sqlRefusal = (sql: string) => {
  const bare = sql.replace(/'(?:[^']|'')*'/g, "''").replace(/--[^\n]*/g, '');
  const found = LOSSES.find(loss => loss.test(bare));
  if (!found) return undefined;
  return { what: `This SQL loses data: ${found.exec(bare)![0].trim().replace(/\s+/g, ' ')}.`, instead: MIGRATE };
};

const LOSSES = [
  /\bdrop\s+(table|database|schema|keyspace|collection)\b/i,
  /\btruncate\s+(table\s+)?["`\w]/i,
  /\bdelete\s+from\s+[\w."`]+\s*(;|$)/i,
  /\.dropDatabase\s*\(|\.drop\s*\(\s*\)/,
  /\b(flushall|flushdb)\b/i,
];

const SQL_CLIENTS = new Set([
  'psql',
  'mysql',
  'mariadb',
  'sqlite3',
  'duckdb',
  'sqlcmd',
  'clickhouse',
  'clickhouse-client',
  'cockroach',
  'snowsql',
  'bq',
  'usql',
  'mongosh',
  'mongo',
  'redis-cli',
  'valkey-cli',
  'cqlsh',
]);

const sqlClientRefusal = ({ program, args, input }: Invocation) => {
  if (!SQL_CLIENTS.has(program)) return undefined;
  for (const text of [...args, args.join(' '), input]) {
    const refusal = sqlRefusal(text);
    if (refusal) return refusal;
  }
  return undefined;
};

const toolRefusal = ({ program, args }: Invocation) => {
  const words = args.filter(arg => !arg.startsWith('-'));
  const loses = (what: string) => ({ what: `${what} loses what is in the database.`, instead: MIGRATE });
  const call = `${program} ${words.join(' ')}`;
  if (program === 'dropdb' || /^mysqladmin drop\b/.test(call)) return loses(program);
  if (args.includes('--accept-data-loss') || (program === 'prisma' && args.includes('--force-reset'))) {
    return loses('This flag');
  }
  const found = LOSING_CALLS.find(pattern => pattern.test(call));
  if (found) return loses(found.exec(call)![0]);
  return program === 'supabase' && /^supabase db reset/.test(call) && args.includes('--linked')
    ? loses('supabase db reset --linked')
    : undefined;
};

/** Of programs and their words without flags. */
const LOSING_CALLS = [
  /^prisma (migrate reset|db execute)\b/,
  /^drizzle-kit (push|drop)\b/,
  /^(rails|rake) db:(drop|reset|purge|schema:load|migrate:reset)\b/,
  /^python3? (\S*\/)?manage\.py (flush|reset_db)\b/,
  /^manage\.py (flush|reset_db)\b/,
  /^sequelize(-cli)? db:drop\b/,
  /^typeorm schema:drop\b/,
  /^mikro-orm (schema:drop|database:drop)\b/,
  /^alembic downgrade base\b/,
  /^(php )?(\S*\/)?artisan (migrate:fresh|migrate:reset|migrate:refresh|db:wipe)\b/,
  /^mix ecto\.(drop|reset)\b/,
  /^wp db (drop|reset)\b/,
];
