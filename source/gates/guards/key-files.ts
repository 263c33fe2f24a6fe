import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

const KEY_FILE = /(?:^|\/)(?:[^/]+\.(?:p12|pfx|jks|keystore|kdbx|ppk)|id_(?:rsa|dsa|ecdsa|ed25519))$/i;

/** Files that hold keys in a form which no rule can read: known by their names. */
export const keyFile = (path: string): GuardFinding[] =>
  KEY_FILE.test(path) ? [finding('secrets', 'ask', { summary: `${shownPath(path)} is a file for keys`, path })] : [];
