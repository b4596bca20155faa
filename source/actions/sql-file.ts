import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sqlDirectory } from '../lib/sql-directory.ts';

const texts = new Map<string, string>();

/** The text of `sql/actions/NAME.sql`, read once. */
export function sqlFile(name: string): string {
	const known = texts.get(name);
	if (known !== undefined) return known;
	const text = readFileSync(join(sqlDirectory(), 'actions', `${name}.sql`), 'utf8');
	texts.set(name, text);
	return text;
}
