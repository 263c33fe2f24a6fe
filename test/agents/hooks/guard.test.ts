import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeToolCall } from '../../../source/agents/hooks/guard.ts';
import { simpleCommands } from '../../../source/agents/hooks/shell-words.ts';

const PLACE = {
  cwd: '/town/work/nux',
  root: '/town/work/nux',
  home: '/town/homes/nux',
  temporary: ['/tmp', '/var/tmp', '/town/homes/nux/tmp'],
};

const judge = (command: string) => judgeToolCall({ tool_name: 'Bash', tool_input: { command }, cwd: PLACE.cwd }, PLACE);

describe('a forced push is refused, however it is written', () => {
  test.each([
    'git push --force',
    'git push -f origin main',
    'git push -uf origin main',
    'git push --force-with-lease',
    'git push --force-with-lease=main:abc origin main',
    'git push origin +main',
    'git push origin +HEAD:main',
    'git push origin :main',
    'git push --delete origin main',
    'git push --mirror',
    'git -C ../x push -f',
    'git -c user.name=x --no-pager push -f',
    '/usr/bin/git push -f',
    '\\git push -f',
    'GIT_SSH_COMMAND="ssh -v" git push -f',
    'sudo -u bob git push -f',
    'env A=b git push -f',
    'timeout 30 git push -f',
    'timeout -k 5 30 git push -f',
    'nohup git push -f &',
    'npm test && git push -f',
    'npm test || git push -f',
    'npm test; git push -f',
    'npm test\ngit push -f',
    'git add . &&\\\n  git push \\\n  --force',
    '(cd sub && git push -f)',
    'if true; then git push -f; fi',
    'for b in a b; do git push -f origin $b; done',
    '{ git push -f; }',
    '! git push -f',
    'echo $(git push -f)',
    'echo "done: $(git push -f 2>&1)"',
    'echo `git push -f`',
    'bash -c "git push -f"',
    "bash -lc 'cd x && git push -f'",
    'sh -e -c "git push -f"',
    'bash -c "bash -c \'git push -f\'"',
    'eval "git push -f"',
    'echo "git push -f" | sh',
    'bash <<EOF\ngit push -f\nEOF',
    "bash <<-'EOF'\n\tgit push -f\n\tEOF",
    'bash <<< "git push -f"',
    'git push "-f"',
    "git 'push' '--force'",
    'F=-f; git push $F',
    `git push \${F:-x} -f`,
    'cat list | xargs git push -f',
    'diff <(git push -f) x',
    'git push -f > out.txt 2>&1',
    'git push 2>/dev/null --force',
    'trap "git push -f" EXIT',
  ])('%s', command => {
    expect(judge(command)).toContain('Refused:');
    expect(judge(command)).toMatch(/forced push|deletes branches/);
  });
});

describe('what only mentions such a thing passes', () => {
  test.each([
    'git push',
    'git push -u origin feature/force',
    'git push origin main',
    'git push --follow-tags origin HEAD:refs/heads/x',
    'git commit -m "never git push -f; git stash; rm -rf /"',
    "git commit -m 'undo `git push --force`'",
    'git commit -F - <<EOF\nUndo the git push -f of yesterday\ngit stash pop\nEOF',
    'git log --grep="push -f"',
    'echo git push -f',
    'echo "git push --force"',
    'printf "%s\\n" "rm -rf /"',
    'grep -rn "git push -f" docs',
    'rg "DROP TABLE" migrations',
    'cat > notes.md <<EOF\ngit push -f\nrm -rf ~\nEOF',
    'tee notes.md <<EOF\nterraform destroy\nEOF',
    'git push # -f would be bad',
    'gt escalate "May I git push -f?" -m "rm -rf / as well"',
    'node -e "console.log(\'pkill node\')"',
    'git checkout -f main',
    'git branch -D old',
    'git fetch --force',
    'git clean -fdx',
    'man pkill',
    'which killall',
  ])('%s', command => {
    expect(judge(command)).toBeUndefined();
  });
});

describe('stash, processes, files, data and clouds are refused', () => {
  test.each([
    ['git stash', 'Commit what you have'],
    ['git stash pop', 'Commit what you have'],
    ['git stash push -u -m wip', 'Commit what you have'],
    ['git stash drop', 'Commit what you have'],
    ['pkill -f "next dev"', 'by name'],
    ['killall node', 'by name'],
    ['sudo pkill node', 'by name'],
    ['kill -9 $(pgrep node)', 'come from a search'],
    ['kill `lsof -ti:3000`', 'come from a search'],
    ['kill -9 $(ps aux | grep node | awk "{print $2}")', 'come from a search'],
    ['kill -9 -1', 'everything'],
    ['fuser -k 3000/tcp', 'port'],
    ['npx kill-port 3000', 'port'],
    ['tmux kill-server', 'tmux -L'],
    ['tmux kill-session -a', 'tmux -L'],
    ['docker system prune -af', 'data in them'],
    ['docker compose down -v', 'data in them'],
    ['docker rm -f $(docker ps -aq)', 'data in them'],
    ['sudo reboot', 'stops the machine'],
    ['rm -rf /', 'the whole machine'],
    ['rm -rf /*', 'the whole machine'],
    ['rm -rf --no-preserve-root /', 'the whole machine'],
    ['rm -rf ~', 'the home folder'],
    ['rm -rf ~/', 'the home folder'],
    ['rm -rf tests/ patches/ plan/ ~/', 'the home folder'],
    ['rm -rf ~/*', 'the home folder'],
    ['rm -rf $HOME', 'the home folder'],
    [`rm -rf "\${HOME}/"`, 'the home folder'],
    ['rm -r -f $HOME/*', 'the home folder'],
    ['rm --recursive /etc', '/etc, which is outside'],
    ['rm -Rf /town/work/furiosa', 'outside your checkout'],
    ['rm -rf ../furiosa', 'outside your checkout'],
    ['rm -rf ..', 'in which your checkout is'],
    ['rm -rf .', 'your whole checkout'],
    ['rm -rf /town/work/nux', 'your whole checkout'],
    ['rm -rf .git', 'the repository itself'],
    ['rm -rf .git/objects', 'the repository itself'],
    ['rm -rf /tmp', '/tmp, which is outside'],
    ['cd / && rm -rf usr', '/usr, which is outside'],
    ['cd .. && rm -rf furiosa', 'outside your checkout'],
    ['D=/srv/data; rm -rf "$D"', '/srv/data, which is outside'],
    ['find / -name "*.log" -delete', 'the whole machine'],
    ['find ~ -type f -exec rm -rf {} +', 'the home folder'],
    ['npx rimraf /srv/data', '/srv/data, which is outside'],
    ['chmod -R 777 /', 'the whole machine'],
    ['sudo chown -R me ~', 'the home folder'],
    ['echo / | xargs rm -rf', 'the whole machine'],
    ['terraform destroy', 'terraform destroy'],
    ['terraform -chdir=infra destroy -auto-approve', 'terraform destroy'],
    ['terraform apply -auto-approve', 'without a person'],
    ['tofu apply -destroy', '-destroy'],
    ['pulumi up --yes', 'without a person'],
    ['npx prisma db push --accept-data-loss', 'in the database'],
    ['npx -y prisma@5 migrate reset --force', 'in the database'],
    ['pnpm prisma migrate reset', 'in the database'],
    ['pnpm exec drizzle-kit push', 'in the database'],
    ['bunx drizzle-kit push --force', 'in the database'],
    ['yarn drizzle-kit push', 'in the database'],
    ['bundle exec rails db:drop', 'in the database'],
    ['python manage.py flush --no-input', 'in the database'],
    ['php artisan migrate:fresh --seed', 'in the database'],
    ['dropdb app', 'in the database'],
    ['psql -c "DROP TABLE users"', 'DROP TABLE'],
    ['psql "$DATABASE_URL" -c "drop database app"', 'drop database'],
    ['echo "TRUNCATE TABLE users;" | psql', 'TRUNCATE TABLE'],
    ['psql <<SQL\nBEGIN;\nDROP SCHEMA public CASCADE;\nSQL', 'DROP SCHEMA'],
    ['cat <<SQL | psql app\nDROP TABLE users;\nSQL', 'DROP TABLE'],
    ['mysql -e "DELETE FROM users"', 'DELETE FROM users'],
    ['sqlite3 app.db "drop table users"', 'drop table'],
    ['redis-cli FLUSHALL', 'FLUSHALL'],
    ['mongosh app --eval "db.dropDatabase()"', 'dropDatabase'],
    ['aws s3 rm s3://bucket --recursive', 'aws s3 rm'],
    ['aws ec2 terminate-instances --instance-ids i-1', 'terminate-instances'],
    ['aws --profile prod rds delete-db-instance --db-instance-identifier x', 'delete-db-instance'],
    ['gcloud sql instances delete prod', 'gcloud delete'],
    ['kubectl delete ns prod', 'kubectl delete'],
    ['helm uninstall app', 'helm uninstall'],
    ['gh repo delete me/x --yes', 'gh repo delete'],
    ['gh api -X DELETE repos/me/x', 'gh api with DELETE'],
    ['railway down', 'railway down'],
  ])('%s', (command, why) => {
    expect(judge(command)).toContain(why);
  });
});

describe('everyday work passes', () => {
  test.each([
    'git stash list',
    'git stash show -p',
    'kill 1234',
    'kill -9 "$pid"',
    'kill $!',
    'kill %1',
    'kill $(cat server.pid)',
    'npm run dev & pid=$!; sleep 2; kill "$pid"',
    'tmux -L mine kill-server',
    'docker compose down',
    'docker rm -f my-test-db',
    'rm -rf node_modules dist',
    'rm -rf ./build/*',
    'rm -rf *',
    'rm -rf "$tmp"',
    'd=$(mktemp -d); rm -rf "$d"',
    'rm -rf /tmp/my-test',
    'rm -rf $TMPDIR/x',
    'rm -rf ~/tmp/x',
    'cd sub && rm -rf ../dist',
    'cd /tmp/x && rm -rf y',
    'rm ~/.npmrc.bak',
    'find . -name "*.pyc" -delete',
    'find . -name "*.tmp" -exec rm -rf {} +',
    'chmod -R +x scripts',
    'chmod -R 755 .',
    'rm -rf coverage .nyc_output && npm test',
    'terraform plan -destroy',
    'terraform apply plan.out',
    'npx prisma migrate dev',
    'npx prisma db push',
    'drizzle-kit generate',
    'psql -c "SELECT * FROM users WHERE note = \'drop table x\'"',
    'psql -c "DELETE FROM users WHERE id = 1"',
    'psql -f migrations/1.sql',
    'aws s3 ls',
    'aws s3 rm s3://bucket/key',
    'kubectl get pods',
    'kubectl logs delete-me',
    'gcloud compute instances list',
    'gh pr create --title "Delete the old repo"',
    'npm run delete',
    'ls -la / ~ $HOME',
    'python -c "print(1)"',
    '',
    '   ',
    'echo "unfinished',
    'echo $(unfinished',
    'cat <<EOF\nno end',
  ])('%s', command => {
    expect(judge(command)).toBeUndefined();
  });
});

describe('each CLI’s own form of a call is read', () => {
  test.each([
    ['Claude Code', { tool_name: 'Bash', tool_input: { command: 'git push -f' } }],
    ['Codex with words', { tool_name: 'shell', tool_input: { command: ['bash', '-lc', 'git push -f'] } }],
    ['Codex with a text', { tool_name: 'exec_command', tool_input: { cmd: 'git push -f', workdir: '/town' } }],
    ['Gemini', { tool_name: 'run_shell_command', tool_input: { command: 'git push -f' } }],
    ['Copilot', { toolName: 'bash', toolArgs: '{"command":"git push -f"}' }],
    ['the plugins', { tool_name: 'bash', tool_input: { command: 'git push -f' } }],
    ['a database tool', { tool_name: 'mcp__postgres__query', tool_input: { sql: 'DROP TABLE users' } }],
  ])('%s', (_cli, hook) => {
    expect(judgeToolCall(hook, PLACE)).toContain('Refused:');
  });

  test.each([
    ['a file that is written', { tool_name: 'Write', tool_input: { file_path: 'a', content: 'git push -f' } }],
    ['a patch', { tool_name: 'apply_patch', tool_input: { command: '*** Begin Patch\n git push -f\n*** End Patch' } }],
    ['a search', { tool_name: 'WebSearch', tool_input: { query: 'drop table users' } }],
    ['nothing', {}],
    ['no object', null],
  ])('%s is not run', (_what, hook) => {
    expect(judgeToolCall(hook, PLACE)).toBeUndefined();
  });

  test('relative paths start where the hook says that the tool runs', () => {
    const call = (cwd: string) => judgeToolCall({ tool_name: 'Bash', tool_input: { command: 'rm -rf x' }, cwd }, PLACE);
    expect(call('/town/work/nux/sub')).toBeUndefined();
    expect(call('/srv')).toContain('/srv/x, which is outside your checkout');
  });
});

test('a refusal repeats the command, says what is wrong and what to do, and never how to get around it', () => {
  expect(judge('cd x && git push --force origin main')).toBe(
    'Refused: git push --force origin main\nA forced push takes commits of others away. ' +
      'Commit on your branch and report it: the town tests the work and lands it.',
  );
  const refusals = ['git push -f', 'git stash', 'pkill x', 'rm -rf ~', 'terraform destroy', 'dropdb x'].map(judge);
  for (const refusal of refusals) expect(refusal).not.toMatch(/unless|hook|guard|disable|bypass|settings/i);
});

test('words of a script are those that sh would hand on', () => {
  const script = `A=1 B="two words" cmd 'it'"'"'s' "a $X b" c\\ d <in >out 2>&1 | next --flag=x # rest`;
  expect(simpleCommands(script)).toEqual([
    {
      words: ['cmd', "it's", 'a $X b', 'c d'],
      assignments: [
        ['A', '1'],
        ['B', 'two words'],
      ],
      pipes: true,
    },
    { words: ['next', '--flag=x'], assignments: [], pipes: false },
  ]);
});

test('any text whatever is judged in an instant and without an error', () => {
  const piece = fc.constantFrom(
    'git',
    ' ',
    'push',
    '-f',
    '"',
    "'",
    '`',
    '$(',
    ')',
    '{',
    '}',
    '|',
    '&&',
    '\n',
    '<<E',
    '\\',
    '$',
    '#',
    'rm -rf',
    '/',
    '~',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 60 }).map(parts => parts.join('')),
      ),
      text => {
        judge(text);
      },
    ),
    { numRuns: 2_000 },
  );
  const before = performance.now();
  for (const text of ['$('.repeat(20_000), '"$(`'.repeat(20_000), 'a;'.repeat(100_000), '<<E\n'.repeat(20_000)])
    judge(text);
  expect(performance.now() - before).toBeLessThan(5_000);
});
