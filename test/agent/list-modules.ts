/** Loaded before a program with `--import`: writes the address of every module it loads to the file in LIST_MODULES. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const list = process.env['LIST_MODULES'] ?? '';

registerHooks({
  load(url, context, next) {
    appendFileSync(list, `${url}\n`);
    return next(url, context);
  },
});
