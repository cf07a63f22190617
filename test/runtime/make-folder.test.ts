/** Folders are made with what is missing above them, and where that cannot be it is said, at once. */
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder } from '../../src/runtime/make-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'netscribe-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each(['a', 'a/b/c', 'a/../b', '.', './', 'a/', 'a//b'])('%s is made, and made again', (name) => {
  const wanted = `${folder}/${name}`;
  for (const _ of [1, 2]) {
    makeFolder(wanted, 0o700);
    expect(statSync(wanted).isDirectory()).toBe(true);
  }
});

it('all that is made gets the mode', () => {
  makeFolder(path.join(folder, 'a/b'), 0o700);
  for (const name of ['a', 'a/b']) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o700);
});

it.each<[string, string, RegExp]>([
  ['a file', 'file', /EEXIST/],
  ['a folder below a file', 'file/a', /ENOTDIR/],
  ['a link that leads nowhere', 'link', /EEXIST/],
  ['a folder below a link that leads nowhere', 'link/a/b', /EEXIST/],
])('%s is none and cannot become one', (_, name, told) => {
  writeFileSync(path.join(folder, 'file'), '');
  symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'link'));
  expect(() => makeFolder(path.join(folder, name), 0o700)).toThrow(told);
  expect(existsSync(path.join(folder, 'nowhere'))).toBe(false);
});

it.runIf(process.platform === 'linux')('a file system that takes no folders ends it', () => {
  for (const name of ['/proc/netscribe', '/proc/netscribe/a/b'])
    expect(() => makeFolder(name, 0o700)).toThrow(/ENOENT|EACCES|EPERM/);
});
