import type { Rule } from './rules.ts';

const ASK = 'Show the plan to a person and ask: gt escalate "<what you want to change>" -m "<why>".';

/** Taking away what runs elsewhere: infrastructure, clusters, buckets, hosted repositories. */
export const cloudRules: Rule = ({ program, args }) => {
  const words = args.filter(arg => !arg.startsWith('-'));
  if (!Object.hasOwn(VERBS, program)) return undefined;
  const what = VERBS[program]!(words, args);
  return what === undefined ? undefined : { what: `${what} takes away what runs elsewhere.`, instead: ASK };
};

type Verbs = (words: readonly string[], args: readonly string[]) => string | undefined;

const flag = (args: readonly string[], ...names: readonly string[]): boolean =>
  args.some(arg => names.includes(arg.split('=')[0]!));

/** The first word that is one of these, with the program before it. */
const oneOf =
  (program: string, ...verbs: readonly string[]): Verbs =>
  words => {
    const found = words.find(word => verbs.includes(word));
    return found === undefined ? undefined : `${program} ${found}`;
  };

const terraform: Verbs = (words, args) => {
  const verb = words[0] === 'run-all' || words[0] === 'run' ? words[1] : words[0];
  if (verb === 'destroy') return 'terraform destroy';
  if (verb === 'apply' && flag(args, '-auto-approve', '--auto-approve'))
    return 'terraform apply without a person’s yes';
  if (verb === 'apply' && flag(args, '-destroy', '--destroy')) return 'terraform apply -destroy';
  if (verb === 'state' && ['rm', 'push'].includes(words[1] ?? '')) return `terraform state ${words[1]}`;
  return verb === 'workspace' && words[1] === 'delete' ? 'terraform workspace delete' : undefined;
};

/** Flags with values may stand before the service: the words are looked through. */
const aws: Verbs = (words, args) => {
  const at = words.findIndex(word => /^(delete|terminate|destroy|purge|deregister|remove)-/.test(word));
  if (at > 0) return `aws ${words[at - 1]} ${words[at]}`;
  const operation = words[words.indexOf('s3') + 1];
  if (!words.includes('s3')) return undefined;
  if (operation === 'rb') return 'aws s3 rb';
  if (operation === 'rm' && flag(args, '--recursive')) return 'aws s3 rm --recursive';
  return operation === 'sync' && flag(args, '--delete') ? 'aws s3 sync --delete' : undefined;
};

const github: Verbs = (words, args) => {
  const [thing = '', verb = ''] = words;
  if (['repo', 'release', 'secret', 'variable', 'ruleset'].includes(thing) && verb === 'delete')
    return `gh ${thing} delete`;
  const method = args.findIndex(arg => arg === '-X' || arg === '--method');
  const isDeletion = args[method + 1] === 'DELETE' || args.includes('--method=DELETE') || args.includes('-XDELETE');
  return thing === 'api' && isDeletion ? 'gh api with DELETE' : undefined;
};

const VERBS: Readonly<Record<string, Verbs>> = {
  terraform,
  tofu: terraform,
  terragrunt: terraform,
  pulumi: (words, args) =>
    words[0] === 'up' && flag(args, '-y', '--yes')
      ? 'pulumi up without a person’s yes'
      : oneOf('pulumi', 'destroy', 'rm')(words.slice(0, 2), args),
  cdk: oneOf('cdk', 'destroy'),
  sam: oneOf('sam', 'delete'),
  serverless: oneOf('serverless', 'remove'),
  sls: oneOf('sls', 'remove'),
  aws,
  gcloud: oneOf('gcloud', 'delete', 'destroy'),
  gsutil: (words, args) =>
    words[0] === 'rb' || (words[0] === 'rm' && flag(args, '-r', '-R')) ? `gsutil ${words[0]}` : undefined,
  az: oneOf('az', 'delete', 'purge', 'delete-batch'),
  kubectl: (words, args) =>
    words[0] === 'replace' && flag(args, '--force')
      ? 'kubectl replace --force'
      : oneOf('kubectl', 'delete', 'drain')(words.slice(0, 1), args),
  oc: (words, args) => oneOf('oc', 'delete')(words.slice(0, 1), args),
  helm: (words, args) => oneOf('helm', 'uninstall', 'delete', 'del', 'un')(words.slice(0, 1), args),
  heroku: oneOf('heroku', 'pg:reset', 'apps:destroy', 'addons:destroy', 'destroy'),
  railway: oneOf('railway', 'down', 'delete', 'remove'),
  fly: oneOf('fly', 'destroy', 'delete'),
  flyctl: oneOf('flyctl', 'destroy', 'delete'),
  vercel: (words, args) => oneOf('vercel', 'remove', 'rm')(words.slice(0, 2), args),
  netlify: oneOf('netlify', 'sites:delete'),
  wrangler: oneOf('wrangler', 'delete'),
  firebase: (words, args) => {
    const verb = words[0] ?? '';
    return /:(delete|disable|remove)$/.test(verb) || (verb === 'firestore:delete' && args.length > 0)
      ? `firebase ${verb}`
      : undefined;
  },
  doctl: oneOf('doctl', 'delete', 'destroy'),
  hcloud: oneOf('hcloud', 'delete'),
  supabase: (words, args) => oneOf('supabase', 'delete')(words.slice(0, 2), args),
  gh: github,
  npm: (words, args) => oneOf('npm', 'unpublish', 'deprecate')(words.slice(0, 1), args),
};
