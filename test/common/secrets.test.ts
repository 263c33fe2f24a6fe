import { describe, expect, test } from 'vitest';
import { findSecret } from '../../source/common/secrets.ts';

// Put together here, so that no scanner takes this file for a leak.
const A = 'a1B2'.repeat(10);

describe('what looks like a secret is named', () => {
  test.each([
    ['-----BEGIN OPENSSH PRIVATE ' + 'KEY-----\nabc', 'a private key'],
    ['-----BEGIN PRIVATE ' + 'KEY-----', 'a private key'],
    [`use ${'AKIA' + 'ABCDEFGHIJKLMNOP'} here`, 'an AWS access key'],
    [`ghp_${A}`, 'a GitHub token'],
    [`github_pat_${A}${A}`, 'a GitHub token'],
    [`glpat-${A}`, 'a GitLab token'],
    ['xoxb-' + '1234567890-abc', 'a Slack token'],
    [`AIza${A.slice(0, 35)}`, 'a Google API key'],
    [`npm_${A.slice(0, 36)}`, 'an npm token'],
    [`sk_live_${A}`, 'a payment key'],
    [`sk-ant-api03-${A}`, 'a model provider’s key'],
    [`eyJ${A}.eyJ${A}.${A}`, 'a signed web token'],
    ['postgres://app:s3cr3t@db/app', 'a password inside an address'],
    [`Authorization: Bearer ${A}`, 'a bearer token'],
    ['DB_PASSWORD=correcthorse', 'a value for "db_password"'],
    ['export GITHUB_TOKEN="abcdef123"', 'a value for "github_token"'],
    ['{"apiKey": "9f8e7d6c5b"}', 'a value for "apikey"'],
    ['client-secret: 9f8e7d6c5b', 'a value for "client-secret"'],
  ])('%s', (text, name) => expect(findSecret(text)).toBe(name));
});

describe('what only speaks of secrets is left alone', () => {
  test.each([
    'The password is in the vault; ask the operator.',
    'password: required, at least 12 characters',
    'The token expires after 24hours: token: 24hours',
    'Set API_KEY=$OPENAI_API_KEY before the tests.',
    'token = getToken(request)',
    'const token = process.env.TOKEN;',
    'password=<your password>',
    'PASSWORD=********',
    'secret: none',
    'The tokenizer: a state machine with 12 states',
    'https://user@example.com/path and https://example.com:8443/x@y',
    'Commit 0123456789abcdef0123456789abcdef01234567 landed.',
    'sk-learn is not used',
  ])('%s', text => expect(findSecret(text)).toBeUndefined());
});
