import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Secret } from './own-secrets.ts';

/**
 * What secretlint's recommended rules find. Without the one by which a comment in a file turns the others off: what is
 * looked at does not say what is looked for. Loaded only when there is something to look at (a quarter of a megabyte).
 */
export const lintSecrets = async (text: string, { as }: { as: string }): Promise<Secret[]> => {
  const { messages } = await lintSource({
    source: { filePath: as, content: text, contentType: 'text', ext: as.slice(as.lastIndexOf('.')) },
    options: { config: { rules: CONFIG }, noPhysicFilePath: true },
  });
  return messages
    .map(({ range: [start, end], ruleId }) => ({ rule: wordsOf(ruleId), start, value: text.slice(start, end) }))
    .filter(({ value }) => !isExample(value));
};

// It would mark each rule of each file on the timeline of the process, which keeps marks for ever.
secretLintProfiler.setEnabled(false);

/** Rules go by the name of a file at times, and one of them opens a `.p12` on this machine: only these names are told. */
export const lintName = (path: string): string => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'package.json' || name === '.npmrc') return name;
  return name.endsWith('.json') ? 'file.json' : 'file.txt';
};

const OPTIONS: Readonly<Record<string, object>> = {
  '@secretlint/secretlint-rule-aws': { enableIDScanRule: true },
};

const CONFIG = rules
  .filter(rule => !rule.meta.id.includes('filter-comments'))
  .map(rule => ({ id: rule.meta.id, rule, options: OPTIONS[rule.meta.id] ?? {} }));

const wordsOf = (ruleId: string): string => `a secret (${ruleId.replace(/^@secretlint\/secretlint-rule-/, '')})`;

/** Addresses as in manuals: a password that is one of its own names, or a host that is nobody's. */
const isExample = (value: string): boolean => {
  const address = /^[a-z][a-z0-9+.-]*:\/\/([^\s/:@]*):([^@\s]*)@([^\s/:?#"'`]*)/i.exec(value);
  if (!address) return false;
  const [, user = '', password = '', host = ''] = address;
  return MADE_UP_PASSWORD.test(password) || password === user || NOBODYS_HOST.test(host);
};

const MADE_UP_PASSWORD =
  /^(?:pass(?:word)?|passwd|pw|pwd|secret|postgres|root|admin|user|example|test|x+|\*+|[$<{%].*)$/i;
const NOBODYS_HOST =
  /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|(?:.*\.)?(?:example(?:\.\w+)?|invalid|test|localhost))$/i;
