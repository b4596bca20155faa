import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sqlDirectory } from '../lib/sql-directory.ts';
import type { CommandContext } from './command.ts';

/** Prints the SQL for a role that may watch and nothing more. */
export async function roles({ stdout }: CommandContext): Promise<number> {
	stdout.write(readFileSync(join(sqlDirectory(), 'roles.sql'), 'utf8'));
	return 0;
}
