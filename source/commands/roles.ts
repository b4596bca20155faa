import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sqlDirectory } from '../lib/sql-directory.ts';
import type { CommandContext } from './command.ts';

/** Prints the SQL for a role that may watch and nothing more, with `--actions` also for one that may act. */
export async function roles({ stdout, flags }: CommandContext): Promise<number> {
	const files = ['roles.sql', ...(flags.actions ? ['roles-actions.sql'] : [])];
	const texts = files.map((file) => readFileSync(join(sqlDirectory(), file), 'utf8'));
	stdout.write(texts.join('\n'));
	return 0;
}
