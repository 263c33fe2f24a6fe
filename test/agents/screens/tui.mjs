#!/usr/bin/env node
// A small stand-in for an agent's own screen, drawn as Claude Code draws it: composer, bracketed paste, a question about
// a command, reports by OSC 7501 where the terminal answers the probe. What is submitted is appended to a file.
//   READY_MS  input before that is lost   DROP  Enter keys that are lost   NOTES  the file   MUTE  no OSC 7501
//   LAND  after its first turn it commits what it was told and reports done
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const { READY_MS = '0', DROP = '0', NOTES = 'told.txt', MUTE, LAND } = process.env;
const RULE = '─'.repeat(process.stdout.columns ?? 80);
const PASTE_START = '\u001B[200~';
const PASTE_END = '\u001B[201~';
const PASTE_AS_TEXT_MS = 60;

let [composer, shown, asking, working, reports, pastedAt, drops] = [
  '',
  ['Stand-in'],
  '',
  false,
  false,
  0,
  Number(DROP),
];
let pasting = false;
const out = text => fs.writeSync(1, text);
const report = (state, more = '') => reports && out(`\u001B]7501;state=${state}:app=stand-in${more}\u001B\\`);

const draw = () => {
  const question = [
    RULE,
    ' Bash command',
    ` ${'╌'.repeat(40)}`,
    ` ${asking}`,
    ` ${'╌'.repeat(40)}`,
    ' Do you want to proceed?',
    ' ❯ 1. Yes',
    '   2. No',
    '',
    ' Esc to cancel',
  ];
  const long = composer.length > 400 ? `[Pasted text #1 +${composer.split('\n').length} lines]` : composer;
  const field = [RULE, ...`❯ ${long}`.split('\n'), RULE, `  mode${working ? ' · esc to interrupt' : ''}`];
  out(`\u001B[2J\u001B[H${[...shown.slice(-15), '', ...(asking ? question : field)].join('\r\n')}`);
};

const ask = command => {
  asking = command;
  report('blocked', `:kind=permission:msg=${Buffer.from(`approve: ${command}`).toString('base64')}`);
  draw();
};

const finish = answer => {
  fs.appendFileSync(NOTES, `answer ${answer}\n`);
  [asking, working] = ['', false];
  shown.push(`● ${answer}`);
  if (LAND) {
    execFileSync('git', ['add', '--all']);
    execFileSync('git', ['commit', '--quiet', '-m', 'Do what was asked']);
    execFileSync('gt', ['done', '-m', 'done']);
  }
  report('idle');
  draw();
};

const submit = () => {
  const text = composer;
  composer = '';
  if (text.trim() === '') return draw();
  fs.appendFileSync(NOTES, `${JSON.stringify(text)}\n`);
  shown.push(`❯ ${text.split('\n')[0].slice(0, 60)}`);
  working = true;
  report('working');
  draw();
  const [, command] = /Please run (.*)/.exec(text) ?? [];
  if (command) ask(command.slice(0, 60));
  else if (!/work on/.test(text)) setTimeout(finish, 150, 'done');
};

const type = key => {
  if (asking) return key === '1' ? finish('allowed') : key === '2' || key === '\u001B' ? finish('refused') : undefined;
  if (key === '\r' && !pasting) {
    // An Enter that comes with a paste is a part of it.
    if (Date.now() - pastedAt < PASTE_AS_TEXT_MS) composer += '\n';
    else if (drops > 0) drops -= 1;
    else return submit();
  } else if (key >= ' ' || key === '\r' || key === '\n') composer += key === '\r' ? '\n' : key;
  draw();
};

const start = () => {
  out('\u001B[?2004h');
  draw();
  const first = process.argv.indexOf('--');
  if (first > 0) {
    composer = process.argv.slice(first + 1).join(' ');
    submit();
  }
  let held = '';
  process.stdin.on('data', data => {
    held += data.toString();
    for (;;) {
      if (held.startsWith('\u001B]7501;?\u001B\\')) {
        [held, reports] = [held.slice(10), !MUTE];
        report(working ? 'working' : 'idle');
        if (asking) ask(asking);
      } else if (held.startsWith(PASTE_START)) [held, pasting] = [held.slice(PASTE_START.length), true];
      else if (held.startsWith(PASTE_END)) {
        [held, pasting, pastedAt] = [held.slice(PASTE_END.length), false, Date.now()];
        draw();
      } else if (held === '') return;
      else if (pasting) {
        const end = held.indexOf('\u001B');
        composer += (end < 0 ? held : held.slice(0, end)).replaceAll('\r', '\n');
        held = end < 0 ? '' : held.slice(end);
        if (end < 0) return;
        if (held.length < PASTE_END.length) return;
      } else {
        const [key] = held;
        held = held.slice(1);
        type(key);
      }
    }
  });
  if (!MUTE) out('\u001B]7501;?\u001B\\');
};

process.stdin.setRawMode(true);
process.stdin.on('end', () => process.exit(0));
setTimeout(() => {
  process.stdin.resume();
  start();
}, Number(READY_MS));
