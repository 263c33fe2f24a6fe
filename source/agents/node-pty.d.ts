/// <reference types="node-pty" />
// `node-pty` is an npm alias of `@lydell/node-pty`, whose types declare a module of that name only.
declare module 'node-pty' {
  export * from '@lydell/node-pty';
}
